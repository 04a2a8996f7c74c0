package org.pg2citus.sink.decode.type;

import org.apache.kafka.connect.data.Struct;

/** {@code point}, and PostGIS's types. */
final class GeometryText {

    private GeometryText() {}

    static String ofPoint(Object value) {
        Struct point = (Struct) value;
        return "(" + FloatText.of(point.getFloat64("x")) + "," + FloatText.of(point.getFloat64("y")) + ")";
    }

    /** What Debezium calls WKB is PostGIS's EWKB, with the SRID in it. */
    static String ofGeometry(Object value) {
        return BytesText.upperHex(BytesText.bytes(((Struct) value).get("wkb")));
    }
}
