package org.pg2citus.runner.config;

import static java.util.Objects.requireNonNull;

/** A password. Prints as stars, so that no log or message can hold it by accident. */
public record Secret(String value) {

    public Secret {
        requireNonNull(value, "value is null");
    }

    @Override
    public String toString() {
        return "****";
    }
}
