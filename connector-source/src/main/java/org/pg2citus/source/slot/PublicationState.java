package org.pg2citus.source.slot;

import java.util.List;

/**
 * A publication as the catalog shows it.
 *
 * @param allOperations whether inserts, updates, deletes and truncates are published
 * @param filteredTables those with a row filter
 * @param narrowedTables those with a list of columns
 * @param generatedColumns whether values of generated columns are published
 */
record PublicationState(
        boolean allOperations, List<String> filteredTables, List<String> narrowedTables, boolean generatedColumns) {

    PublicationState {
        filteredTables = List.copyOf(filteredTables);
        narrowedTables = List.copyOf(narrowedTables);
    }
}
