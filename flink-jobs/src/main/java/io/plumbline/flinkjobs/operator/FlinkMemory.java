package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.PublishedVerdict;
import io.plumbline.flinkjobs.state.VcpuSet;
import io.plumbline.flinkjobs.state.VmThread;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import java.io.IOException;
import java.util.Optional;
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

  private final ValueState<VmThread> thread;
  private final ValueState<VcpuSet> vcpus;
  private final ValueState<PublishedVerdict> published;
  private final MapState<Long, byte[]> pages;

  FlinkMemory(RuntimeContext context) {
    this.thread = context.getState(THREAD);
    this.vcpus = context.getState(VCPUS);
    this.published = context.getState(PUBLISHED);
    this.pages = context.getMapState(PAGES);
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
  public Optional<PageBytes> read(FrameNumber frame) {
    try {
      byte[] content = pages.get(frame.value());
      if (content == null) {
        return Optional.empty();
      }
      return Optional.of(content.length == 0 ? PageBytes.ZERO : PageBytes.wrap(content));
    } catch (Exception e) {
      throw new FlinkRuntimeException("state: reading frame " + frame, e);
    }
  }

  @Override
  public void keepPage(long frame, byte[] content) {
    try {
      pages.put(frame, content);
    } catch (Exception e) {
      throw new FlinkRuntimeException("state: writing frame " + frame, e);
    }
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
  public void forgetCapture() {
    pages.clear();
    vcpus.clear();
  }

  @Override
  public void forgetAll() {
    forgetCapture();
    thread.clear();
    published.clear();
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
