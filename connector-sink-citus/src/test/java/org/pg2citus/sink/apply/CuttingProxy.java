package org.pg2citus.sink.apply;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A network that cuts connections at the worst moment: around a COMMIT. */
final class CuttingProxy implements AutoCloseable {

    enum Cut {
        /** The server never gets the COMMIT. */
        BEFORE_COMMIT,
        /** The server gets it, and finds nobody to tell the outcome. */
        DURING_COMMIT,
        /** The server has committed; its answer is lost. */
        AFTER_COMMIT
    }

    private final ServerSocket listener;
    private final String host;
    private final int port;
    private final AtomicReference<Optional<Cut>> armed = new AtomicReference<>(Optional.empty());
    private final AtomicInteger cuts = new AtomicInteger();

    CuttingProxy(String host, int port) throws IOException {
        this.host = host;
        this.port = port;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Cuts the next connection that commits, once. */
    void arm(Cut cut) {
        armed.set(Optional.of(cut));
    }

    int cuts() {
        return cuts.get();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listener.accept();
            Socket server = new Socket(host, port);
            AtomicReference<Optional<Cut>> cut = new AtomicReference<>(Optional.empty());
            daemon(() -> pass(client, server, cut, true));
            daemon(() -> pass(server, client, cut, false));
        }
    }

    private void pass(Socket from, Socket to, AtomicReference<Optional<Cut>> cut, boolean toServer) throws IOException {
        byte[] buffer = new byte[1 << 16];
        InputStream in = from.getInputStream();
        try (from;
                to) {
            int read;
            while ((read = in.read(buffer)) >= 0) {
                if (toServer && new String(buffer, 0, read, ISO_8859_1).contains("COMMIT")) {
                    armed.getAndSet(Optional.empty()).ifPresent(next -> {
                        cut.set(Optional.of(next));
                        cuts.incrementAndGet();
                    });
                }
                Optional<Cut> now = cut.get();
                Cut cutHere = toServer ? Cut.BEFORE_COMMIT : Cut.AFTER_COMMIT;
                if (now.equals(Optional.of(cutHere)) || (!toServer && now.equals(Optional.of(Cut.DURING_COMMIT)))) {
                    return;
                }
                to.getOutputStream().write(buffer, 0, read);
                if (now.equals(Optional.of(Cut.DURING_COMMIT))) {
                    return;
                }
            }
        }
    }

    private interface Loop {
        void run() throws IOException;
    }

    private static void daemon(Loop loop) {
        Thread thread = new Thread(() -> {
            try {
                loop.run();
            } catch (IOException e) {
                // Ends with its connection: that is what it is for.
                return;
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
