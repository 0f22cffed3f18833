package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.Sharing;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is derived from packages' images, one copy for all judges of a process: of each of many
 * builds the few kilobytes that place it, of the few builds that guests run what verifies them. All
 * of it can be made again, and is given back when memory is short.
 */
public final class ImageLibrary {
  private static final int MOST_PLACEMENTS = 4096;

  /** About 60 MiB each. */
  private static final int MOST_VERIFIERS = 32;

  private static final ImageLibrary OF_THIS_PROCESS = new ImageLibrary();

  private final Map<String, Sharing> sharing = new TreeMap<>();
  private final Shelf<ImagePlacement> placements =
      new Shelf<>(MOST_PLACEMENTS, shared("placements"), ImageLibrary::placed);
  private final Shelf<ImageVerifier> verifiers =
      new Shelf<>(
          MOST_VERIFIERS, shared("verifiers"), signature -> new ImageVerifier(signature.image()));
  private final Shelf<EntryClosures> closures =
      new Shelf<>(
          MOST_VERIFIERS, shared("closures"), signature -> new EntryClosures(verifier(signature)));

  private final Sharing explorations = shared("explorations");
  private final Sharing code = shared("code");
  private final ReachRoom room;
  private final Shelf<CommonReaches> commons =
      new Shelf<>(
          MOST_VERIFIERS,
          shared("commons"),
          signature -> new CommonReaches(explorations, code, room()));

  private final Deque<SignatureId> lately = new ArrayDeque<>();

  /** Nothing is known yet. */
  public ImageLibrary() {
    this(ReachRoom.ofThisProcess());
  }

  private ImageLibrary(ReachRoom room) {
    this.room = room;
  }

  /** One that explores every guest by itself, to compare with. */
  public static ImageLibrary withoutCommonReaches() {
    return new ImageLibrary(new ReachRoom(0));
  }

  /** The one that all judges of this process share. */
  public static ImageLibrary ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  private ReachRoom room() {
    return room;
  }

  private Sharing shared(String name) {
    Sharing fresh = new Sharing();
    sharing.put(name, fresh);
    return fresh;
  }

  /** How often what guests share was there: by name what is derived, and explorations of guests. */
  public Map<String, Sharing> sharing() {
    return Collections.unmodifiableMap(sharing);
  }

  private static ImagePlacement placed(PackageSignature signature) {
    return new ImagePlacement(
        signature.base(),
        signature
            .outline()
            .orElseGet(() -> Outlines.of(signature.image(), signature.functionDigests())));
  }

  /** What places the build in a guest. */
  public ImagePlacement placement(PackageSignature signature) {
    return placements.get(signature);
  }

  /**
   * What verifies guests of the build.
   *
   * @throws IllegalArgumentException if the image lacks a symbol that the rules rest on
   */
  public ImageVerifier verifier(PackageSignature signature) {
    return verifiers.get(signature);
  }

  /**
   * What an entry of the build's image leads to in a typical boot.
   *
   * @param entry bytes from the image's base to the first instruction, of which the image has some
   *     hundreds
   */
  public ImageClosure closure(PackageSignature signature, long entry, ExplorationBudget budget) {
    return closures.get(signature).of(entry, budget);
  }

  /** What guests of the build have in common. */
  public CommonReaches commons(PackageSignature signature) {
    return commons.get(signature);
  }

  /** Takes note that the build explains every byte of a guest. */
  public synchronized void explained(PackageSignature signature) {
    lately.remove(signature.id());
    lately.addFirst(signature.id());
    if (lately.size() > MOST_VERIFIERS) {
      lately.removeLast();
    }
  }

  /** Builds that explained guests of late, the last one first. */
  synchronized List<SignatureId> lately() {
    return List.copyOf(lately);
  }
}
