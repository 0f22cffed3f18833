package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.operator.SignatureSource;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.signaturestore.keep.SignatureBodies;
import io.plumbline.signaturestore.keep.SignaturePath;
import java.io.IOException;
import java.io.InputStream;
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
    return new File(new Path(new Path(root), SignaturePath.of(id))).verifiedOutline(id);
  }

  private record File(Path path) implements SignatureBodies {
    @Override
    public InputStream open(SignatureId id) throws IOException {
      return FileSystem.get(path.toUri()).open(path);
    }

    @Override
    public String where(SignatureId id) {
      return path.toString();
    }
  }
}
