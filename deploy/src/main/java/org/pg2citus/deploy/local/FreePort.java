package org.pg2citus.deploy.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** A port on 127.0.0.1 that nobody listens on. */
final class FreePort {

    // Below the ports that systems hand out to outgoing connections, so that none takes it while the server is down.
    private static final int LOWEST = 15_000;
    private static final int HIGHEST = 32_000;
    private static final int ATTEMPTS = 200;

    private FreePort() {}

    static int choose() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return port;
            } catch (IOException e) {
                // Taken: the next turn tries another.
            }
        }
        throw new IllegalStateException("no free port found on 127.0.0.1 between " + LOWEST + " and " + HIGHEST);
    }
}
