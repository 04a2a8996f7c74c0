package org.pg2citus.runner.check;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether a type holds every value of another, and gives it back as the same text. */
public final class TypeFit {

    private static final List<String> INTEGERS = List.of("smallint", "integer", "bigint", "numeric");
    private static final Pattern WITH_LENGTH =
            Pattern.compile("(character varying|bit varying|character|bit)\\((\\d+)\\)");

    private TypeFit() {}

    /** True when it does. */
    public static boolean holds(String from, String to) {
        if (from.equals(to)) {
            return true;
        }
        if (INTEGERS.contains(from) && INTEGERS.contains(to)) {
            return INTEGERS.indexOf(from) <= INTEGERS.indexOf(to);
        }
        Matcher length = WITH_LENGTH.matcher(from);
        if (length.matches() || from.equals("character varying")) {
            if (from.startsWith("character varying") && (to.equals("text") || to.equals("character varying"))) {
                return true;
            }
            Matcher wider = WITH_LENGTH.matcher(to);
            return length.matches()
                    && wider.matches()
                    && length.group(1).equals(wider.group(1))
                    && length.group(1).endsWith("varying")
                    && Integer.parseInt(length.group(2)) <= Integer.parseInt(wider.group(2));
        }
        // An unconstrained numeric keeps every digit of a constrained one.
        return (from.equals("text") && to.equals("character varying"))
                || (from.startsWith("numeric(") && to.equals("numeric"));
    }
}
