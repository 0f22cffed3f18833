package io.plumbline.cli.collect;

import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.ObservationSink;
import io.plumbline.ingest.capture.RoundTotals;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Looks at every guest's image in turn and tells what changed. For one thread. */
public final class Collector {
  private final Map<String, WatchedImage> images = new LinkedHashMap<>();
  private final Map<String, String> troubles = new LinkedHashMap<>();
  private final Consumer<String> notes;

  /**
   * @param epoch above that of any collector of these guests before, milliseconds since 1970
   * @param notes told once of every trouble with an image, a line each
   */
  public Collector(CollectorConfiguration configuration, long epoch, Consumer<String> notes) {
    this.notes = notes;
    for (CollectedVm vm : configuration.vms()) {
      CapturedVm captured = new CapturedVm(vm.id(), configuration.host(), epoch);
      images.put(vm.id(), new WatchedImage(vm, captured, configuration.keptBytes()));
    }
  }

  /** Makes the next look say everything of a guest, as a consumer that lost the thread asks for. */
  public void restate(String vmId) {
    Optional.ofNullable(images.get(vmId)).ifPresent(WatchedImage::restate);
  }

  /**
   * One look at every image. One that cannot be read keeps nobody from the others.
   *
   * @return the rounds that were told, by guest
   * @throws E if the sink refuses
   */
  public <E extends Exception> Map<String, RoundTotals> look(ObservationSink<E> out) throws E {
    Map<String, RoundTotals> told = new LinkedHashMap<>();
    for (WatchedImage image : images.values()) {
      try {
        image.look(out).ifPresent(totals -> told.put(image.vmId(), totals));
        if (told.containsKey(image.vmId())) {
          troubles.remove(image.vmId());
        }
      } catch (IOException e) {
        trouble(image.vmId(), reason(e));
      } catch (WatchedImage.ReplacedException e) {
        trouble(image.vmId(), "the image was replaced while it was read; the round is not judged");
      }
    }
    return told;
  }

  /** Exceptions of the file system say nothing but the path. */
  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return e.getMessage() + ": no such file";
    }
    return e instanceof AccessDeniedException
        ? e.getMessage() + ": no permission to read it"
        : e.getMessage();
  }

  private void trouble(String vmId, String what) {
    if (!what.equals(troubles.put(vmId, what))) {
      notes.accept(vmId + ": " + what);
    }
  }
}
