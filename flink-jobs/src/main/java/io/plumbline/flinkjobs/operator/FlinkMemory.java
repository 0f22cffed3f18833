package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.flinkjobs.state.PublishedVerdict;
import io.plumbline.flinkjobs.state.VcpuSet;
import io.plumbline.flinkjobs.state.VerdictBasis;
import io.plumbline.flinkjobs.state.VmPulse;
import io.plumbline.flinkjobs.state.VmThread;
import java.io.IOException;
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
  private static final MapStateDescriptor<Long, byte[]> PAGES =
      new MapStateDescriptor<>(
          "pages", Types.LONG, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
  private static final ValueStateDescriptor<VmPulse> PULSE =
      new ValueStateDescriptor<>("pulse", TypeInformation.of(VmPulse.class));
  private static final ValueStateDescriptor<GuestImage> IMAGE =
      new ValueStateDescriptor<>("image", TypeInformation.of(GuestImage.class));
  private static final MapStateDescriptor<Integer, byte[]> IMAGE_BLOCKS =
      new MapStateDescriptor<>(
          "image-blocks", Types.INT, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

  private static final ValueStateDescriptor<VerdictBasis> BASIS =
      new ValueStateDescriptor<>("basis", TypeInformation.of(VerdictBasis.class));

  private final ValueState<VmThread> thread;
  private final ValueState<VcpuSet> vcpus;
  private final ValueState<PublishedVerdict> published;
  private final MapState<Long, byte[]> pages;
  private final ValueState<VmPulse> pulse;
  private final ValueState<GuestImage> image;
  private final MapState<Integer, byte[]> imageBlocks;
  private final ValueState<VerdictBasis> basis;

  FlinkMemory(RuntimeContext context) {
    this.thread = context.getState(THREAD);
    this.vcpus = context.getState(VCPUS);
    this.published = context.getState(PUBLISHED);
    this.pages = context.getMapState(PAGES);
    this.pulse = context.getState(PULSE);
    this.image = context.getState(IMAGE);
    this.imageBlocks = context.getMapState(IMAGE_BLOCKS);
    this.basis = context.getState(BASIS);
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
  public byte[] page(long frame) {
    return get(pages, frame);
  }

  @Override
  public void keepPage(long frame, byte[] stored) {
    put(pages, frame, stored);
  }

  @Override
  public void dropPage(long frame) {
    try {
      pages.remove(frame);
    } catch (Exception e) {
      throw new FlinkRuntimeException("state: dropping frame " + frame, e);
    }
  }

  @Override
  public void forEachPage(PageVisitor visitor) {
    Iterable<Map.Entry<Long, byte[]>> all;
    try {
      all = pages.entries();
    } catch (Exception e) {
      throw new FlinkRuntimeException("state: reading every page", e);
    }
    all.forEach(page -> visitor.see(page.getKey(), page.getValue()));
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
  public byte[] imageBlock(int number) {
    return get(imageBlocks, number);
  }

  @Override
  public void keepImageBlock(int number, byte[] block) {
    put(imageBlocks, number, block);
  }

  @Override
  public void dropImageBlocks() {
    imageBlocks.clear();
  }

  @Override
  public void forgetCapture() {
    pages.clear();
    image.clear();
    imageBlocks.clear();
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

  private static <K> void put(MapState<K, byte[]> state, K key, byte[] value) {
    try {
      state.put(key, value);
    } catch (Exception e) {
      throw new FlinkRuntimeException("state: writing " + key, e);
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
