package org.pg2citus.runner.command;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pg2citus.runner.event.StopSignal;

/**
 * Turns SIGINT and SIGTERM into a clean stop, after which the process ends by itself; a second signal, or the end of the
 * time that a clean stop may take, ends it as it is.
 *
 * <p>Not by a shutdown hook: once the virtual machine is ending, the hooks of all libraries run at the same time, and
 * Connect's would stop the worker while we still talk to it.
 */
final class StopOnSignal implements AutoCloseable {

    /** With their numbers: a process that a signal ends has 128 more as its exit code. */
    private static final Map<String, Integer> SIGNALS = Map.of("INT", 2, "TERM", 15);

    private final StopSignal stop;
    private final Duration timeout;
    private final Map<String, Object> previousHandlers = new LinkedHashMap<>();

    StopOnSignal(StopSignal stop, Duration timeout) {
        this.stop = stop;
        this.timeout = timeout;
        SIGNALS.forEach((name, number) -> previousHandlers.put(name, handle(name, handler(128 + number))));
    }

    private Object handler(int exitCode) {
        return Proxy.newProxyInstance(
                StopOnSignal.class.getClassLoader(),
                new Class<?>[] {type("sun.misc.SignalHandler")},
                (proxy, method, args) -> {
                    switch (method.getName()) {
                        case "handle" -> {
                            requested(exitCode);
                            return null;
                        }
                        case "equals" -> {
                            return proxy == args[0];
                        }
                        case "hashCode" -> {
                            return System.identityHashCode(proxy);
                        }
                        default -> {
                            return "stop on signal";
                        }
                    }
                });
    }

    private void requested(int exitCode) {
        if (stop.isRequested()) {
            Runtime.getRuntime().halt(exitCode);
        }
        stop.request();
        Thread limit = new Thread(
                () -> {
                    try {
                        Thread.sleep(timeout.toMillis());
                        Runtime.getRuntime().halt(exitCode);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "stop-limit");
        limit.setDaemon(true);
        limit.start();
    }

    /**
     * Java's only way to receive a signal. By name, because the compiler warns of it, and warnings are errors here.
     *
     * @return the handler until now
     */
    private static Object handle(String name, Object handler) {
        try {
            Class<?> signal = type("sun.misc.Signal");
            return signal.getMethod("handle", signal, type("sun.misc.SignalHandler"))
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot receive signal " + name + " (is Java started with -Xrs?)", e);
        }
    }

    private static Class<?> type(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("this Java has no module jdk.unsupported", e);
        }
    }

    @Override
    public void close() {
        previousHandlers.forEach(StopOnSignal::handle);
    }
}
