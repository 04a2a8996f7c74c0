package org.pg2citus.sink.change;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Values of one row by column name, each as PostgreSQL's own text form, {@code null} for SQL NULL.
 *
 * <p>A column whose value the source did not send, because it is an unchanged TOAST value, holds {@link #UNAVAILABLE};
 * it is compared by identity, so that no legal text can be mistaken for it.
 */
public final class Row {

    /** Stands for a value that the WAL does not contain. Compare with {@code ==}. */
    @SuppressWarnings("StringOperationCanBeSimplified") // a distinct object is the point
    public static final String UNAVAILABLE = new String("<unavailable>");

    private final List<String> columns;
    private final String[] values;

    /** Rows are keys of hash maps, and looked up often; 0 when not yet computed. */
    private int hash;

    /**
     * @param columns the column names; many rows share one list, and equal lists are compared often, so callers should
     *     pass the same instance for the same table
     * @param values one value for each column; owned by the row from now on
     */
    public Row(List<String> columns, String[] values) {
        if (columns.size() != values.length) {
            throw new IllegalArgumentException("%d columns but %d values".formatted(columns.size(), values.length));
        }
        this.columns = columns;
        this.values = values;
    }

    public static Row of(List<String> columns, String... values) {
        return new Row(List.copyOf(columns), values.clone());
    }

    public List<String> columns() {
        return columns;
    }

    /** The value at a position of {@link #columns}; {@code null} for SQL NULL, {@link #UNAVAILABLE} if not sent. */
    public String value(int index) {
        return values[index];
    }

    /** The value of a column: empty for SQL NULL, and for a column that the row does not have. */
    public Optional<String> value(String column) {
        int index = columns.indexOf(column);
        return index < 0 ? Optional.empty() : Optional.ofNullable(values[index]);
    }

    public boolean has(String column) {
        return columns.contains(column);
    }

    @SuppressWarnings("ReferenceEquality") // the sentinel is known by identity, not by its text
    public boolean isAvailable(int index) {
        return values[index] != UNAVAILABLE;
    }

    /** True when every value was sent. */
    public boolean isComplete() {
        for (int i = 0; i < values.length; i++) {
            if (!isAvailable(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * This row, with its unsent values taken from another one where that has them. A null there is no value: what was not
     * sent is a TOAST value, and NULL never is one.
     */
    public Row filledFrom(Row other) {
        if (isComplete()) {
            return this;
        }
        String[] filled = new String[values.length];
        for (int i = 0; i < values.length; i++) {
            filled[i] = isAvailable(i) ? values[i] : other.value(columns.get(i)).orElse(UNAVAILABLE);
        }
        return new Row(columns, filled);
    }

    /** The size of the values in memory, in bytes, roughly: what batch limits count. */
    public long sizeBytes() {
        long size = 64L + 24L * values.length;
        for (String value : values) {
            if (value != null) {
                size += value.length();
            }
        }
        return size;
    }

    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(Object other) {
        if (this == other) {
            return true;
        }
        if (!(other instanceof Row that) || !columns.equals(that.columns)) {
            return false;
        }
        for (int i = 0; i < values.length; i++) {
            if (isAvailable(i) != that.isAvailable(i) || !Objects.equals(values[i], that.values[i])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        if (hash == 0) {
            hash = Arrays.hashCode(values);
        }
        return hash;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < values.length; i++) {
            text.append(i == 0 ? "" : ", ").append(columns.get(i)).append('=').append(values[i]);
        }
        return text.append('}').toString();
    }
}
