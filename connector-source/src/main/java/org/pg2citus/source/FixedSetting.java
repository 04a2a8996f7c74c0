package org.pg2citus.source;

import java.util.List;

/**
 * A Debezium setting that this connector sets itself. Giving it another value is an error, because a promise would break.
 *
 * @param reason ends the sentence "is fixed, because ..."
 */
record FixedSetting(String key, String value, String reason) {

    static final List<FixedSetting> ALL = List.of(
            new FixedSetting("plugin.name", "pgoutput", "the stream is read in pgoutput's protocol"),
            new FixedSetting("snapshot.mode", "no_data", "the initial copy is made by COPY in the slot's snapshot"),
            new FixedSetting(
                    "publication.autocreate.mode",
                    "disabled",
                    "a publication made after the slot misses the changes between"),
            new FixedSetting(
                    "slot.drop.on.stop", "false", "the slot is what keeps changes while the connector is down"),
            new FixedSetting("provide.transaction.metadata", "true", "BEGIN and END are what makes transactions whole"),
            new FixedSetting("skipped.operations", "none", "TRUNCATE is a change like the others"),
            new FixedSetting("tombstones.on.delete", "false", "the topic is a log, it is never compacted"),
            new FixedSetting(
                    "extended.headers.enabled",
                    "false",
                    "no reader of ours uses them, and they cost 120 bytes a record"),
            new FixedSetting("statistics.metrics.enabled", "false", "its queue overflows under load"),
            new FixedSetting("heartbeat.interval.ms", "0", "marks take the place of heartbeats, see mark.interval.ms"),
            new FixedSetting("poll.interval.ms", "20", "it is the pause when the server has nothing to send"),
            new FixedSetting(
                    "table.include.list",
                    "pg2citus[.]none",
                    "the publication says which tables are read; Debezium would read the catalog of all tables at each start"),
            new FixedSetting("lsn.flush.mode", "connector", "only what Kafka acknowledged is confirmed to the slot"));
}
