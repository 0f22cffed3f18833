package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureUnavailableException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/**
 * An answer from a book of which some signatures cannot be read: it is given without them, and says
 * so.
 *
 * @param unreadable what cannot be read and why
 */
record ReadableBook<T>(T answer, List<String> unreadable) {
  /** Asks {@code question} of all signatures of the book that can be read as far as it needs. */
  static <T> ReadableBook<T> ask(
      SignatureBook book, Function<Collection<KernelSignature>, T> question) {
    List<KernelSignature> readable = new ArrayList<>(book.signatures());
    List<String> unreadable = new ArrayList<>();
    while (true) {
      try {
        return new ReadableBook<>(question.apply(readable), unreadable);
      } catch (SignatureUnavailableException e) {
        if (!readable.removeIf(each -> each.id().equals(e.id()))) {
          throw e;
        }
        unreadable.add("a signature cannot be read: " + e.getMessage());
      }
    }
  }
}
