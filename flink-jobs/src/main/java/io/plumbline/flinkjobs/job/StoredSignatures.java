package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.operator.SignatureSource;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.signaturestore.keep.SignatureBodies;
import io.plumbline.signaturestore.keep.SignatureException;
import io.plumbline.signaturestore.keep.SignaturePath;
import java.io.IOException;
import java.net.URI;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * A signature store on any file system that Flink knows. Bodies are sought under the configured
 * root alone: an announcement's location comes from a topic, and the job opens no file that a topic
 * names.
 *
 * @param root the store's root
 */
public record StoredSignatures(URI root) implements SignatureSource {
  @Override
  public KernelSignature load(SignatureId id, String location) throws IOException {
    Path file = new Path(new Path(root), SignaturePath.of(id));
    SignatureBodies bodies = ignored -> FileSystem.get(file.toUri()).open(file);
    try {
      return bodies.verifiedOutline(id);
    } catch (SignatureException e) {
      throw new SignatureException(file + ": " + e.getMessage(), e);
    }
  }
}
