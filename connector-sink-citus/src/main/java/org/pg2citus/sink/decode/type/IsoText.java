package org.pg2citus.sink.decode.type;

import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** {@code date}, {@code time} and {@code timestamp} with {@code time.precision.mode=isostring}: always with a Z. */
final class IsoText {

    private IsoText() {}

    static String ofDate(String iso) {
        return DateText.of(LocalDate.parse(iso, DateTimeFormatter.ISO_OFFSET_DATE));
    }

    static String ofTime(String iso) {
        OffsetTime time = OffsetTime.parse(iso);
        checkUtc(time.getOffset());
        long nanos = time.toLocalTime().toNanoOfDay();
        if (nanos == 0) {
            throw new InexactValueException("the time is 00:00:00 or 24:00:00, which this mode does not tell apart."
                    + " Set time.precision.mode=adaptive_time_microseconds at the source connector");
        }
        return TimeText.ofNanos(nanos);
    }

    static String ofTimestamp(String iso) {
        OffsetDateTime timestamp = OffsetDateTime.parse(iso);
        checkUtc(timestamp.getOffset());
        return TimestampText.of(timestamp.toLocalDateTime());
    }

    private static void checkUtc(ZoneOffset offset) {
        if (!offset.equals(ZoneOffset.UTC)) {
            throw new InexactValueException("a time without a time zone has an offset");
        }
    }
}
