package org.pg2citus.sink.decode.type;

import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;

/** {@code timestamptz} and {@code timetz}. */
final class ZonedText {

    private ZonedText() {}

    /** As PostgreSQL prints it in the time zone UTC. */
    static String ofTimestamp(String iso) {
        if (iso.equals("infinity") || iso.equals("-infinity")) {
            return iso;
        }
        LocalDateTime utc =
                OffsetDateTime.parse(iso).withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime();
        return TimestampText.digits(utc) + "+00" + DateText.era(utc.toLocalDate());
    }

    /** Debezium moves the time to UTC, which makes it another value, unless it was in UTC; one cannot tell. */
    static String ofTime(String iso) {
        OffsetTime time = OffsetTime.parse(iso);
        if (time.getOffset().equals(ZoneOffset.UTC)) {
            throw new InexactValueException("Debezium has moved the time to UTC and lost its own offset. Use"
                    + " pg2citus's source connector, which sends every type as text");
        }
        return TimeText.ofNanos(time.toLocalTime().toNanoOfDay()) + offset(time.getOffset());
    }

    private static String offset(ZoneOffset offset) {
        String id = offset.getId();
        return id.endsWith(":00") ? id.substring(0, id.length() - 3) : id;
    }
}
