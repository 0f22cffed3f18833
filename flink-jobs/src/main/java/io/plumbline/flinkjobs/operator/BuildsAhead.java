package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.trust.PreparedBuild;
import java.lang.ref.Reference;
import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares builds that are known from packages before a VM runs them, those that became known last
 * first: as many as a part of the heap holds. No verdict depends on it, nor waits for it, but for
 * the build that the verdict is about.
 *
 * <p>A daemon thread of each parallel instance does it, one of them at a time in a process: what
 * one has derived, the others find. The job's classes go away when the operator is closed, so the
 * thread ends before that. It is started when there is something to prepare.
 */
final class BuildsAhead implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BuildsAhead.class);

  /** The name of its thread. */
  static final String THREAD = "plumbline-builds-ahead";

  /** What a build takes; see {@link PreparedBuild}. */
  private static final long BYTES = 60L << 20;

  /** The part of the heap that builds may take. */
  private static final int PART = 8;

  /**
   * Half of those that a process keeps: the others are for builds that guests were found to run.
   */
  private static final int MOST = 16;

  /** What nobody asks for is given back after a while; a minute is far less. */
  private static final long TOUCH_MILLIS = 60_000;

  /** Longest time that {@link #close} waits: many times what it takes to prepare a build. */
  private static final long CLOSE_MILLIS = 20_000;

  private static final ReentrantLock ONE_AT_A_TIME = new ReentrantLock();

  /**
   * Nothing is prepared until no signature was read for so long: a job that starts reads all of its
   * book, of which the last ones count.
   */
  static final Duration QUIET = Duration.ofMillis(300);

  private final Judge judge;
  private final int most;
  private final long quietNanos;

  /** All that a guest may be told from, as long as somebody else has it in memory. */
  private final Map<SignatureId, Reference<KernelSignature>> known = new HashMap<>();

  /** The newest one first. */
  private final Deque<PackageSignature> waiting = new ArrayDeque<>();

  /** The one that was prepared last at the end. */
  private final Map<SignatureId, Reference<PreparedBuild>> prepared = new LinkedHashMap<>();

  private Thread thread;
  private long lastRead;
  private boolean closed;
  private long failures;

  /**
   * @param judge prepares what it needs itself
   * @param most builds
   * @param quiet nothing is begun until no signature was read for so long
   */
  BuildsAhead(Judge judge, int most, Duration quiet) {
    this.judge = judge;
    this.most = most;
    this.quietNanos = quiet.toNanos();
  }

  /** As many as a part of this process's heap holds, one at least. */
  static BuildsAhead forThisHeap(Judge judge) {
    long fit = Runtime.getRuntime().maxMemory() / PART / BYTES;
    return new BuildsAhead(judge, (int) Math.max(1, Math.min(MOST, fit)), QUIET);
  }

  /** Takes note of a signature that was read; cheap for one that is known. */
  synchronized void read(KernelSignature signature) {
    Reference<KernelSignature> before = known.get(signature.id());
    if (closed || (before != null && before.refersTo(signature))) {
      return;
    }
    known.put(signature.id(), new WeakReference<>(signature));
    // One that was given back and read again is no news: memory is short then.
    if (signature instanceof PackageSignature build && (before == null || isOutdated(build))) {
      waiting.removeIf(each -> each.id().equals(build.id()));
      waiting.addFirst(build);
      if (waiting.size() > most) {
        waiting.removeLast();
      }
      lastRead = System.nanoTime();
      start();
      notifyAll();
    }
  }

  /** Takes note that a signature is announced no more. */
  synchronized void revoked(String id) {
    SignatureId revoked = new SignatureId(id);
    known.remove(revoked);
    prepared.remove(revoked);
    waiting.removeIf(each -> each.id().equals(revoked));
  }

  /** How many builds are prepared. */
  synchronized int size() {
    return prepared.size();
  }

  /** How often one could not be prepared. */
  synchronized long failures() {
    return failures;
  }

  /**
   * Ends the thread, and waits for that a bounded time. A build that is under way may be prepared
   * to its end.
   */
  @Override
  public void close() {
    Thread ending;
    synchronized (this) {
      closed = true;
      ending = thread;
      waiting.clear();
      prepared.clear();
      known.clear();
      notifyAll();
    }
    if (ending == null) {
      return;
    }
    ending.interrupt();
    if (!hasEnded(ending)) {
      LOG.error("event=preparing_does_not_end thread={}", ending.getName());
    }
  }

  /** Waits for a thread to end, even if who waits is interrupted, as Flink does who cancels. */
  private static boolean hasEnded(Thread ending) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);
    boolean interrupted = false;
    long left = CLOSE_MILLIS;
    while (ending.isAlive() && left > 0) {
      try {
        ending.join(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !ending.isAlive();
  }

  /** Whether a build is prepared from its file as it was read another time, which is of no use. */
  private boolean isOutdated(PackageSignature build) {
    Reference<PreparedBuild> reference = prepared.get(build.id());
    PreparedBuild done = reference == null ? null : reference.get();
    return done != null && done.build().origin() != build.origin();
  }

  private void start() {
    if (thread == null) {
      thread = new Thread(this::run, THREAD);
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void run() {
    try {
      for (Optional<PackageSignature> next = next(); next.isPresent(); next = next()) {
        ONE_AT_A_TIME.lockInterruptibly();
        try {
          prepare(next.get());
        } finally {
          ONE_AT_A_TIME.unlock();
        }
      }
    } catch (InterruptedException e) {
      // Who closes this interrupts it; there is nothing left to do.
      Thread.currentThread().interrupt();
    }
  }

  /** The next one to prepare, once there is one; empty when this is closed. */
  private synchronized Optional<PackageSignature> next() throws InterruptedException {
    for (long pause = pauseMillis(); !closed && pause > 0; pause = pauseMillis()) {
      wait(pause);
      touch();
    }
    return closed ? Optional.empty() : Optional.of(waiting.removeFirst());
  }

  /** How long to wait before it is looked again whether there is something to do; 0 if there is. */
  private long pauseMillis() {
    if (waiting.isEmpty()) {
      return TOUCH_MILLIS;
    }
    long left = quietNanos - (System.nanoTime() - lastRead);
    return left <= 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(left) + 1;
  }

  /** Asks for what is prepared, so that it is not given back unless memory is short. */
  private void touch() {
    Iterator<Reference<PreparedBuild>> each = prepared.values().iterator();
    while (each.hasNext()) {
      if (each.next().get() == null) {
        each.remove();
      }
    }
  }

  @SuppressWarnings("IllegalCatch") // Whatever it is: the first guest of the build finds the same.
  private void prepare(PackageSignature build) {
    long start = System.nanoTime();
    try {
      Optional<PreparedBuild> done = judge.prepare(build, this::book);
      if (done.isPresent()) {
        keep(done.get());
        LOG.info(
            "event=build_prepared signature={} build={} millis={}",
            build.id(),
            build.name().build(),
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
      }
    } catch (RuntimeException | Error e) {
      failed(build, e);
    }
  }

  private synchronized void keep(PreparedBuild done) {
    if (!closed && known.containsKey(done.build().id())) {
      prepared.remove(done.build().id());
      prepared.put(done.build().id(), new SoftReference<>(done));
      if (prepared.size() > most) {
        prepared.remove(prepared.keySet().iterator().next());
      }
    }
  }

  private synchronized void failed(PackageSignature build, Throwable reason) {
    if (!closed) {
      failures++;
      LOG.warn(
          "event=build_not_prepared signature={} build={} reason={}",
          build.id(),
          build.name().build(),
          reason.toString());
    }
  }

  private synchronized Collection<KernelSignature> book() {
    Map<String, KernelSignature> byId = new TreeMap<>();
    known.forEach(
        (id, reference) -> {
          KernelSignature signature = reference.get();
          if (signature != null) {
            byId.put(id.value(), signature);
          }
        });
    return List.copyOf(byId.values());
  }
}
