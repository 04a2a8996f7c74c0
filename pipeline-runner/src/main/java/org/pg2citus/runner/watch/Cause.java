package org.pg2citus.runner.watch;

import static java.util.Objects.requireNonNull;

/**
 * Why a migration does not go on.
 *
 * @param code stable, for documents and scripts: that of the connector, or {@code WT...}
 * @param remedy what to do, with the exact SQL where there is one
 */
public record Cause(String code, String message, String remedy) {

    public Cause {
        requireNonNull(code, "code is null");
        requireNonNull(message, "message is null");
        requireNonNull(remedy, "remedy is null");
    }
}
