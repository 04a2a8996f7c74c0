package org.pg2citus.sink.decode.type;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.function.Predicate;

/** {@code real} and {@code double precision} as PostgreSQL prints them: the fewest digits that read back the same. */
final class FloatText {

    /** From this power of ten on PostgreSQL prints an exponent; see {@code f2s.c} and {@code d2s.c}. */
    private static final int FLOAT_EXPONENT_FROM = 6;

    private static final int DOUBLE_EXPONENT_FROM = 15;

    private FloatText() {}

    static String of(double value) {
        if (!Double.isFinite(value)) {
            return Double.toString(value);
        }
        String digits = Double.toString(Math.abs(value));
        return sign(value) + text(digits, DOUBLE_EXPONENT_FROM, fewer -> fewer.doubleValue() == Math.abs(value));
    }

    static String of(float value) {
        if (!Float.isFinite(value)) {
            return Float.toString(value);
        }
        String digits = Float.toString(Math.abs(value));
        return sign(value) + text(digits, FLOAT_EXPONENT_FROM, fewer -> fewer.floatValue() == Math.abs(value));
    }

    private static String sign(double value) {
        return value < 0 || (value == 0 && 1 / value < 0) ? "-" : "";
    }

    private static String text(String javaDigits, int exponentFrom, Predicate<BigDecimal> readsBackTheSame) {
        BigDecimal exact = new BigDecimal(javaDigits).stripTrailingZeros();
        if (exact.signum() == 0) {
            return "0";
        }
        // Before Java 19 some numbers come with more digits than they need.
        while (exact.precision() > 1) {
            BigDecimal fewer = exact.round(new MathContext(exact.precision() - 1, RoundingMode.HALF_EVEN))
                    .stripTrailingZeros();
            if (!readsBackTheSame.test(fewer)) {
                break;
            }
            exact = fewer;
        }
        int exponent = exact.precision() - exact.scale() - 1;
        return exponent >= -4 && exponent < exponentFrom ? exact.toPlainString() : scientific(exact, exponent);
    }

    private static String scientific(BigDecimal value, int exponent) {
        String digits = value.unscaledValue().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return "%se%s%02d".formatted(mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
    }
}
