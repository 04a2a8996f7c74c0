package org.pg2citus.sink.decode;

import java.util.List;
import java.util.Map;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.decode.type.ColumnText;

/**
 * Reads rows that come as maps of text. The map of a converter without schemas has no order of its own, so the columns
 * are put in the order of their names: rows with the same columns then always have equal lists.
 */
final class MapRows implements RowReader {

    private List<String> columns = List.of();

    @Override
    public Row read(Object fields) {
        if (!(fields instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException("not a map");
        }
        String[] values = map.size() == columns.size() ? values(map) : null;
        if (values == null) {
            columns = map.keySet().stream().map(String.class::cast).sorted().toList();
            values = values(map);
        }
        return new Row(columns, values);
    }

    /** The values in the order of {@link #columns}; {@code null} when the map has other columns. */
    private String[] values(Map<?, ?> map) {
        String[] values = new String[columns.size()];
        for (int i = 0; i < values.length; i++) {
            String column = columns.get(i);
            Object value = map.get(column);
            if (value instanceof String text) {
                values[i] = ColumnText.fromSource(text);
            } else if (value != null) {
                throw UnreadableRowException.column(
                        column,
                        "its value is a " + value.getClass().getSimpleName()
                                + " where pg2citus's source sends text. For a stock Debezium source set source.values=typed,"
                                + " and use converters with schemas on both sides");
            } else if (!map.containsKey(column)) {
                return null;
            }
        }
        return values;
    }
}
