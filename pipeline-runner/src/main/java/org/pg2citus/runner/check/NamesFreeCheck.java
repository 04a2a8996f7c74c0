package org.pg2citus.runner.check;

import java.sql.SQLException;
import java.util.function.Consumer;
import org.pg2citus.sink.change.TableId;

/** That the names of our slot and publication are not taken. */
final class NamesFreeCheck implements Check {

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        String slot = inspection.settings().slot();
        if (!Query.texts(inspection.source(), "SELECT slot_name FROM pg_replication_slots WHERE slot_name = ?", slot)
                .isEmpty()) {
            findings.accept(Finding.error(
                    "PF006",
                    "replication slot " + slot,
                    "a slot of this name exists on the source, and this migration did not make it",
                    "take another --name or source.slot; or, if nothing uses it any more:"
                            + " SELECT pg_drop_replication_slot('%s');".formatted(slot)));
        }
        String publication = inspection.settings().publication();
        if (!Query.texts(inspection.source(), "SELECT pubname FROM pg_publication WHERE pubname = ?", publication)
                .isEmpty()) {
            findings.accept(Finding.error(
                    "PF007",
                    "publication " + publication,
                    "a publication of this name exists on the source, and this migration did not make it",
                    "take another --name or source.publication; or, if nothing uses it any more: DROP PUBLICATION %s;"
                            .formatted(TableId.quote(publication))));
        }
    }
}
