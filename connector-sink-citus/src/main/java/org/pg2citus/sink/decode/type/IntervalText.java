package org.pg2citus.sink.decode.type;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code interval}, as PostgreSQL prints it with {@code IntervalStyle=postgres}. */
final class IntervalText {

    private static final Pattern ISO =
            Pattern.compile("P(-?\\d+)Y(-?\\d+)M(-?\\d+)DT(-?\\d+)H(-?\\d+)M(-?\\d+(?:\\.\\d+)?)S");
    private static final long MICROS_PER_SECOND = 1_000_000;

    private final StringBuilder text = new StringBuilder();
    private boolean afterNegative;

    private IntervalText() {}

    static String ofIso(String iso) {
        Matcher parts = ISO.matcher(iso);
        if (!parts.matches()) {
            throw new InexactValueException("it is not an interval of the form PnYnMnDTnHnMnS");
        }
        try {
            long months = Long.parseLong(parts.group(1)) * 12 + Long.parseLong(parts.group(2));
            long minutes = Long.parseLong(parts.group(4)) * 60 + Long.parseLong(parts.group(5));
            long micros = new BigDecimal(parts.group(6)).movePointRight(6).longValueExact();
            long timeMicros = Math.addExact(Math.multiplyExact(minutes, 60 * MICROS_PER_SECOND), micros);
            return new IntervalText().text(months, Long.parseLong(parts.group(3)), timeMicros);
        } catch (ArithmeticException e) {
            throw new InexactValueException("the interval has parts that PostgreSQL's type does not");
        }
    }

    private String text(long months, long days, long timeMicros) {
        part(months / 12, "year");
        part(months % 12, "mon");
        part(days, "day");
        if (text.isEmpty() || timeMicros != 0) {
            time(timeMicros);
        }
        return text.toString();
    }

    private void part(long value, String unit) {
        if (value == 0) {
            return;
        }
        text.append(text.isEmpty() ? "" : " ")
                .append(afterNegative && value > 0 ? "+" : "")
                .append(value)
                .append(' ')
                .append(unit)
                .append(value == 1 ? "" : "s");
        afterNegative = value < 0;
    }

    private void time(long timeMicros) {
        String sign = afterNegative ? "+" : "";
        long micros = Math.abs(timeMicros);
        long seconds = micros / MICROS_PER_SECOND;
        text.append(text.isEmpty() ? "" : " ")
                .append(timeMicros < 0 ? "-" : sign)
                .append("%02d:%02d:%02d".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60))
                .append(TimeText.fraction(micros % MICROS_PER_SECOND));
    }
}
