package org.pg2citus.runner.schema;

import java.util.Locale;

/** Sizes as a plan's reasons have them. */
final class Sizes {

    private Sizes() {}

    static String of(long bytes) {
        if (bytes < 1L << 20) {
            return "under 1 MB";
        }
        return bytes < 10L << 30 ? "%d MB".formatted(bytes >> 20) : String.format(Locale.ROOT, "%d GB", bytes >> 30);
    }
}
