package org.pg2citus.sink;

import static java.util.Objects.requireNonNull;

/**
 * Something that keeps the connector from being made.
 *
 * @param setting the setting that it is about, Connect's own ones included
 * @param message what is wrong and how to mend it
 */
record Problem(String setting, String message) {

    Problem {
        requireNonNull(setting, "setting is null");
        requireNonNull(message, "message is null");
    }
}
