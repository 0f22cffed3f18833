package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.introspection.golden.image.RelocatedPages;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import java.nio.ByteBuffer;
import java.util.BitSet;

/** Makes what a bench holds the state of an older version, which kept each page for itself. */
final class OldState {
  private static final int SIZE = PageBytes.SIZE;

  private OldState() {}

  /** Every page for itself. */
  static void ofWholePages(AnalysisBench bench, SharedImages images) {
    take(bench, images, null);
  }

  /** Pages of the image in blocks of it, every other page deflated. */
  static void ofShrunkPages(AnalysisBench bench, SharedImages images) throws Exception {
    take(bench, images, images.of(bench.image.signature()).orElseThrow());
  }

  private static void take(AnalysisBench bench, SharedImages images, RelocatedPages golden) {
    CapturedPages pages = bench.captured(images);
    BitSet held = new BitSet();
    byte[][] blocks = new byte[golden == null ? 0 : golden.count() / OldForms.PAGES + 1][];
    for (long frame : bench.frames(images)) {
      byte[] page = pages.read(new FrameNumber(frame)).orElseThrow().toByteArray();
      long at = golden == null ? -1 : frame - bench.image.firstFrame();
      if (at < 0 || at >= golden.count()) {
        bench.oldPages.put(frame, golden == null ? page : Deflated.of(page, SIZE));
      } else {
        int block = (int) at / OldForms.PAGES;
        if (blocks[block] == null) {
          blocks[block] = golden.at(block * OldForms.PAGES, OldForms.PAGES, bench.image.slide());
        }
        System.arraycopy(page, 0, blocks[block], (int) at % OldForms.PAGES * SIZE, SIZE);
        held.set((int) at);
      }
    }
    for (int block = 0; block < blocks.length; block++) {
      if (blocks[block] != null) {
        byte[] image = golden.at(block * OldForms.PAGES, OldForms.PAGES, bench.image.slide());
        bench.oldBlocks.put(block, block(blocks[block], image));
      }
    }
    GuestImage image = bench.image;
    bench.image = image == null || golden == null ? null : image.holding(held);
    bench.pageIndex = null;
    bench.packed.blocks.clear();
    bench.whole.blocks.clear();
  }

  /** Sixteen pages of the image, as the older version wrote them. */
  static byte[] block(byte[] guest, byte[] image) {
    ByteBuffer runs = ByteBuffer.allocate(ByteRuns.most(guest.length));
    ByteRuns.write(guest, image, guest.length, runs);
    byte[] deflated = Deflated.of(runs.array(), runs.position());
    return ByteBuffer.allocate(5 + deflated.length)
        .put((byte) 1)
        .putInt(PageChecksum.of(guest, guest.length))
        .put(deflated)
        .array();
  }
}
