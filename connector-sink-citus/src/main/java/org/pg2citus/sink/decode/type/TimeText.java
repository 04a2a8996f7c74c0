package org.pg2citus.sink.decode.type;

/** {@code time}; {@code 24:00:00} is one of its values. */
final class TimeText {

    private static final long MICROS_PER_SECOND = 1_000_000;
    private static final long MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;

    private TimeText() {}

    static String ofMillis(long millis) {
        return ofMicros(Math.multiplyExact(millis, 1000));
    }

    static String ofMicros(long micros) {
        if (micros < 0 || micros > MICROS_PER_DAY) {
            throw new InexactValueException("the time is not within a day");
        }
        long seconds = micros / MICROS_PER_SECOND;
        return "%02d:%02d:%02d%s"
                .formatted(seconds / 3600, seconds / 60 % 60, seconds % 60, fraction(micros % MICROS_PER_SECOND));
    }

    static String ofNanos(long nanos) {
        return ofMicros(micros(nanos));
    }

    /** Nanoseconds as microseconds, which is all that PostgreSQL has. */
    static long micros(long nanos) {
        if (nanos % 1000 != 0) {
            throw new InexactValueException("it has nanoseconds, which PostgreSQL's types do not");
        }
        return nanos / 1000;
    }

    /** The fraction of a second with its point, without trailing zeros. */
    static String fraction(long micros) {
        if (micros == 0) {
            return "";
        }
        String digits = "%06d".formatted(micros);
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        return "." + digits.substring(0, end);
    }
}
