package io.plumbline.signaturestore.keep;

import com.github.luben.zstd.ZstdCompressCtx;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleOutline;
import io.plumbline.introspection.verify.module.ModuleOutlines;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Packs modules one after the other, in the order given: the same modules give the same bytes. What
 * is complete is compressed by workers while the next is collected.
 */
public final class ModulePacker implements AutoCloseable {
  /** Four per cent more than level nineteen in less than half its time. */
  private static final int LEVEL = 16;

  /** A window of 2^23 bytes spans a block. */
  private static final int WINDOW_LOG = 23;

  private final ExecutorService workers;
  private final ModuleOutlines outlines = new ModuleOutlines();
  private final List<Integer> blockOf = new ArrayList<>();
  private final List<int[]> lengths = new ArrayList<>();
  private final List<Future<PackedModules.Block>> blocks = new ArrayList<>();
  private final List<byte[][]> open = new ArrayList<>();
  private int openBytes;

  /**
   * @param threads that compress
   */
  public ModulePacker(int threads) {
    workers = Executors.newFixedThreadPool(threads);
  }

  /** Adds the next module. */
  public void add(ModuleImage module) {
    outlines.add(module);
    byte[][] body = ModuleBodies.write(module);
    int bytes = Arrays.stream(body).mapToInt(column -> column.length).sum();
    if (openBytes > 0 && openBytes + bytes > PackedModules.BLOCK) {
      finishBlock();
    }
    blockOf.add(blocks.size());
    lengths.add(Arrays.stream(body).mapToInt(column -> column.length).toArray());
    open.add(body);
    openBytes += bytes;
  }

  private void finishBlock() {
    List<byte[][]> modules = List.copyOf(open);
    int bytes = openBytes;
    open.clear();
    openBytes = 0;
    blocks.add(workers.submit(() -> packed(modules, bytes)));
  }

  private static PackedModules.Block packed(List<byte[][]> modules, int bytes) {
    ByteArrayOutputStream block = new ByteArrayOutputStream(bytes);
    for (int column = 0; column < ModuleBodies.COLUMNS; column++) {
      for (byte[][] module : modules) {
        block.writeBytes(module[column]);
      }
    }
    try (ZstdCompressCtx zstd = new ZstdCompressCtx()) {
      zstd.setLevel(LEVEL).setContentSize(true).setLong(WINDOW_LOG);
      return new PackedModules.Block(zstd.compress(block.toByteArray()), bytes);
    }
  }

  /** All modules that were added. */
  public PackedModules packed() {
    return packed(outlines.outlines());
  }

  PackedModules packed(List<ModuleOutline> known) {
    if (openBytes > 0) {
      finishBlock();
    }
    List<PackedModules.Block> done = new ArrayList<>();
    for (Future<PackedModules.Block> block : blocks) {
      try {
        done.add(block.get());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while modules are packed", e);
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }
    return new PackedModules(known, PackedModules.places(blockOf, lengths), done);
  }

  @Override
  public void close() {
    workers.shutdownNow();
  }
}
