package org.pg2citus.sink.apply;

/** Writes PostgreSQL's array text, from which {@code array_in} gives each element to its type's input function. */
final class ArrayText {

    private final StringBuilder text = new StringBuilder("{");

    /** Adds one element; {@code null} is SQL NULL. */
    ArrayText add(String value) {
        if (text.length() > 1) {
            text.append(',');
        }
        if (value == null) {
            text.append("NULL");
            return this;
        }
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\');
            }
            text.append(c);
        }
        text.append('"');
        return this;
    }

    @Override
    public String toString() {
        return text + "}";
    }
}
