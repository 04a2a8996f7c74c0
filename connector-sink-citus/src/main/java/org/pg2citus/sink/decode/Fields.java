package org.pg2citus.sink.decode;

import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;

/** Named fields of a record's part: a {@link Map} when the converter has no schemas, a {@link Struct} when it has. */
final class Fields {

    private Fields() {}

    static boolean areIn(Object part) {
        return part instanceof Map || part instanceof Struct;
    }

    /** The field's value; {@code null} when it is null, or when there is no such field. */
    static Object of(Object part, String name) {
        if (part instanceof Map<?, ?> map) {
            return map.get(name);
        }
        if (part instanceof Struct struct) {
            Field field = struct.schema().field(name);
            // Not Struct.get(Field): that puts the schema's default in the place of a null.
            return field == null ? null : struct.getWithoutDefault(name);
        }
        return null;
    }

    /** The number of fields. */
    static int count(Object part) {
        return part instanceof Map<?, ?> map
                ? map.size()
                : ((Struct) part).schema().fields().size();
    }
}
