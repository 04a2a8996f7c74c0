package org.pg2citus.sink.decode.type;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;

/** {@code date}. Infinity comes as a date outside of PostgreSQL's range, and is refused with all such. */
final class DateText {

    private static final LocalDate FIRST = LocalDate.of(-4713, 11, 24);
    private static final LocalDate LAST = LocalDate.of(5874897, 12, 31);

    private DateText() {}

    static String ofEpochDay(long epochDay) {
        return of(LocalDate.ofEpochDay(epochDay));
    }

    /** Connect's own type: midnight of the day in UTC. */
    static String ofMidnight(Instant instant) {
        LocalDateTime utc = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
        if (!utc.toLocalTime().equals(LocalTime.MIDNIGHT)) {
            throw new InexactValueException("a date has a time of day");
        }
        return of(utc.toLocalDate());
    }

    static String of(LocalDate date) {
        if (date.isBefore(FIRST) || date.isAfter(LAST)) {
            throw new InexactValueException("the date is outside of PostgreSQL's range: Debezium carries infinity so,"
                    + " and not exactly. Use pg2citus's source connector, which sends every type as text");
        }
        return digits(date) + era(date);
    }

    /** Year, month and day, without the era. */
    static String digits(LocalDate date) {
        int year = date.getYear() > 0 ? date.getYear() : 1 - date.getYear();
        return "%04d-%02d-%02d".formatted(year, date.getMonthValue(), date.getDayOfMonth());
    }

    /** Java's year 0 is 1 BC. */
    static String era(LocalDate date) {
        return date.getYear() > 0 ? "" : " BC";
    }
}
