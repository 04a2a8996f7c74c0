package org.pg2citus.sink.decode.type;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** {@code timestamp}. */
final class TimestampText {

    private static final LocalDateTime FIRST = LocalDateTime.of(-4713, 11, 24, 0, 0);
    private static final LocalDateTime LAST = LocalDateTime.of(294276, 12, 31, 23, 59, 59, 999_999_000);

    /** What Debezium makes of infinity; minus infinity becomes something outside of PostgreSQL's range. */
    private static final LocalDateTime DEBEZIUM_INFINITY = LocalDateTime.of(294247, 1, 10, 4, 0, 25, 200_000_000);

    private static final long MICROS_PER_SECOND = 1_000_000;

    private TimestampText() {}

    static String ofEpochMillis(long millis) {
        return of(LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC));
    }

    static String ofEpochMicros(long micros) {
        long seconds = Math.floorDiv(micros, MICROS_PER_SECOND);
        int nanos = (int) Math.floorMod(micros, MICROS_PER_SECOND) * 1000;
        return of(LocalDateTime.ofEpochSecond(seconds, nanos, ZoneOffset.UTC));
    }

    static String ofEpochNanos(long nanos) {
        if (nanos == Long.MAX_VALUE || nanos == Long.MIN_VALUE) {
            throw notExact();
        }
        return ofEpochMicros(TimeText.micros(nanos));
    }

    static String of(LocalDateTime timestamp) {
        return digits(timestamp) + DateText.era(timestamp.toLocalDate());
    }

    /** All but the era, which stands at the very end. */
    static String digits(LocalDateTime timestamp) {
        if (timestamp.isBefore(FIRST) || timestamp.isAfter(LAST) || timestamp.equals(DEBEZIUM_INFINITY)) {
            throw notExact();
        }
        return DateText.digits(timestamp.toLocalDate()) + " "
                + TimeText.ofNanos(timestamp.toLocalTime().toNanoOfDay());
    }

    private static InexactValueException notExact() {
        return new InexactValueException("the timestamp is one that Debezium makes of infinity or of an overflow."
                + " Use pg2citus's source connector, which sends every type as text");
    }
}
