package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.flinkjobs.state.PageIndex;
import io.plumbline.flinkjobs.state.PublishedVerdict;
import io.plumbline.flinkjobs.state.VcpuSet;
import io.plumbline.flinkjobs.state.VerdictBasis;
import io.plumbline.flinkjobs.state.VmPulse;
import io.plumbline.flinkjobs.state.VmThread;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * What is kept of the VM whose key is current, in Flink's keyed state. The names are part of every
 * savepoint.
 */
final class FlinkMemory implements VmMemory {
  static final ValueStateDescriptor<VmThread> THREAD =
      new ValueStateDescriptor<>("thread", TypeInformation.of(VmThread.class));
  private static final ValueStateDescriptor<VcpuSet> VCPUS =
      new ValueStateDescriptor<>("vcpus", TypeInformation.of(VcpuSet.class));
  private static final ValueStateDescriptor<PublishedVerdict> PUBLISHED =
      new ValueStateDescriptor<>("published", TypeInformation.of(PublishedVerdict.class));
  private static final ValueStateDescriptor<PageIndex> PAGE_INDEX =
      new ValueStateDescriptor<>("page-index", TypeInformation.of(PageIndex.class));
  static final MapStateDescriptor<Long, byte[]> PACKED_PAGES =
      new MapStateDescriptor<>(
          "packed-pages", Types.LONG, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
  static final MapStateDescriptor<Long, byte[]> WHOLE_PAGES =
      new MapStateDescriptor<>(
          "whole-pages", Types.LONG, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
  private static final ValueStateDescriptor<VmPulse> PULSE =
      new ValueStateDescriptor<>("pulse", TypeInformation.of(VmPulse.class));
  private static final ValueStateDescriptor<GuestImage> IMAGE =
      new ValueStateDescriptor<>("image", TypeInformation.of(GuestImage.class));
  private static final ValueStateDescriptor<VerdictBasis> BASIS =
      new ValueStateDescriptor<>("basis", TypeInformation.of(VerdictBasis.class));

  /** Of older versions, which kept each page for itself. */
  private static final MapStateDescriptor<Long, byte[]> PAGES =
      new MapStateDescriptor<>(
          "pages", Types.LONG, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

  /** Of older versions. */
  private static final MapStateDescriptor<Integer, byte[]> IMAGE_BLOCKS =
      new MapStateDescriptor<>(
          "image-blocks", Types.INT, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

  private final ValueState<VmThread> thread;
  private final ValueState<VcpuSet> vcpus;
  private final ValueState<PublishedVerdict> published;
  private final ValueState<PageIndex> pageIndex;
  private final MapState<Long, byte[]> packedPages;
  private final MapState<Long, byte[]> wholePages;
  private final ValueState<VmPulse> pulse;
  private final ValueState<GuestImage> image;
  private final ValueState<VerdictBasis> basis;
  private final MapState<Long, byte[]> oldPages;
  private final MapState<Integer, byte[]> oldBlocks;

  private record Blocks(MapState<Long, byte[]> state) implements PageStore {
    @Override
    public byte[] get(long block) {
      return FlinkMemory.get(state, block);
    }

    @Override
    public void keep(long block, byte[] stored) {
      try {
        state.put(block, stored);
      } catch (Exception e) {
        throw new FlinkRuntimeException("state: writing block " + block, e);
      }
    }

    @Override
    public void drop(long block) {
      try {
        state.remove(block);
      } catch (Exception e) {
        throw new FlinkRuntimeException("state: dropping block " + block, e);
      }
    }
  }

  FlinkMemory(RuntimeContext context) {
    this.thread = context.getState(THREAD);
    this.vcpus = context.getState(VCPUS);
    this.published = context.getState(PUBLISHED);
    this.pageIndex = context.getState(PAGE_INDEX);
    this.packedPages = context.getMapState(PACKED_PAGES);
    this.wholePages = context.getMapState(WHOLE_PAGES);
    this.pulse = context.getState(PULSE);
    this.image = context.getState(IMAGE);
    this.basis = context.getState(BASIS);
    this.oldPages = context.getMapState(PAGES);
    this.oldBlocks = context.getMapState(IMAGE_BLOCKS);
  }

  @Override
  public VmThread thread() {
    return value(thread);
  }

  @Override
  public void keepThread(VmThread now) {
    update(thread, now);
  }

  @Override
  public VcpuSet vcpus() {
    return value(vcpus);
  }

  @Override
  public void keepVcpus(VcpuSet now) {
    update(vcpus, now);
  }

  @Override
  public PublishedVerdict published() {
    return value(published);
  }

  @Override
  public void keepPublished(PublishedVerdict now) {
    update(published, now);
  }

  @Override
  public VmPulse pulse() {
    return value(pulse);
  }

  @Override
  public void keepPulse(VmPulse now) {
    update(pulse, now);
  }

  @Override
  public VerdictBasis basis() {
    return value(basis);
  }

  @Override
  public void keepBasis(VerdictBasis now) {
    update(basis, now);
  }

  @Override
  public PageIndex pageIndex() {
    return value(pageIndex);
  }

  @Override
  public void keepPageIndex(PageIndex now) {
    update(pageIndex, now);
  }

  @Override
  public PageStore packedPages() {
    return new Blocks(packedPages);
  }

  @Override
  public PageStore wholePages() {
    return new Blocks(wholePages);
  }

  @Override
  public GuestImage image() {
    return value(image);
  }

  @Override
  public void keepImage(GuestImage now) {
    update(image, now);
  }

  @Override
  public void forEachOldPage(PageVisitor visitor) {
    Iterable<Map.Entry<Long, byte[]>> all;
    try {
      all = oldPages.entries();
    } catch (Exception e) {
      throw new FlinkRuntimeException("state: reading every page", e);
    }
    all.forEach(page -> visitor.see(page.getKey(), page.getValue()));
  }

  @Override
  public byte[] oldBlock(int number) {
    return get(oldBlocks, number);
  }

  @Override
  public void dropOldPages() {
    oldPages.clear();
    oldBlocks.clear();
  }

  @Override
  public void forgetCapture() {
    PageIndex index = pageIndex();
    if (index == null) {
      dropOldPages();
    } else {
      // To look for what is there takes RocksDB through all that other VMs dropped lately.
      Arrays.stream(index.blocks())
          .map(GroupedPages::groupOf)
          .distinct()
          .forEach(packedPages()::drop);
      Arrays.stream(index.blocks()).forEach(wholePages()::drop);
    }
    pageIndex.clear();
    image.clear();
    vcpus.clear();
    basis.clear();
  }

  @Override
  public void forgetAll() {
    forgetCapture();
    thread.clear();
    published.clear();
    pulse.clear();
  }

  private static <K> byte[] get(MapState<K, byte[]> state, K key) {
    try {
      return state.get(key);
    } catch (Exception e) {
      throw new FlinkRuntimeException("state: reading " + key, e);
    }
  }

  private static <T> T value(ValueState<T> state) {
    try {
      return state.value();
    } catch (IOException e) {
      throw new FlinkRuntimeException("state: reading a value", e);
    }
  }

  private static <T> void update(ValueState<T> state, T now) {
    try {
      state.update(now);
    } catch (IOException e) {
      throw new FlinkRuntimeException("state: writing a value", e);
    }
  }
}
