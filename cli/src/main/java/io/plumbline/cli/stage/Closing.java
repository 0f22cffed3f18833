package io.plumbline.cli.stage;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to be closed, newest first, once: at the end of a command or, when the process is
 * interrupted, by the shutdown hook.
 */
public final class Closing implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Thread hook = new Thread(this::closeAll, "plumbline-interrupted");
  private boolean closed;

  /** Nothing yet; from now on an interrupted process closes what is added. */
  public Closing() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * Adds one.
   *
   * @throws IllegalStateException if the process is being interrupted; {@code resource} is closed
   */
  public synchronized <T extends AutoCloseable> T add(T resource) {
    if (closed) {
      closeOne(resource);
      throw new IllegalStateException("interrupted");
    }
    open.push(resource);
    return resource;
  }

  private synchronized void closeAll() {
    closed = true;
    while (!open.isEmpty()) {
      closeOne(open.pop());
    }
  }

  /** One that cannot be closed must not keep the others open. */
  private static void closeOne(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) { // AutoCloseable declares Exception
      LOG.error("could not be closed: {}", resource, e);
    }
  }

  /**
   * Closes everything. In a process that is being interrupted this does not return: whoever was at
   * work would only complain of what the hook has closed under it.
   */
  @Override
  public void close() {
    closeAll();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      LOG.debug("the process is ending, the hook has closed everything", e);
      waitForTheEnd();
    }
  }

  private static void waitForTheEnd() {
    while (true) {
      LockSupport.park();
    }
  }
}
