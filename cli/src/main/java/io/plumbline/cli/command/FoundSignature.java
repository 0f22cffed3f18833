package io.plumbline.cli.command;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.signaturestore.keep.SignatureStore;
import io.plumbline.signaturestore.keep.SignatureSummary;
import java.io.IOException;
import java.util.List;

/** The signature that a person means, out of several stores. */
record FoundSignature(SignatureSummary summary, KernelSignature signature) {
  /** Looks in the first store that knows {@code reference}; what none knows, the first explains. */
  static FoundSignature of(String reference, List<SignatureStore> stores) throws IOException {
    SignatureStore store = stores.get(0);
    for (SignatureStore each : stores) {
      if (!each.matching(reference).isEmpty()) {
        store = each;
        break;
      }
    }
    SignatureId id = store.find(reference);
    return new FoundSignature(store.summary(id), store.load(id));
  }
}
