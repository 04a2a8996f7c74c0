package org.pg2citus.source.slot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.source.failure.SourceFault;

/** Decides whether a publication, made by hand perhaps, publishes its tables whole. */
final class PublicationGuard {

    private static final int LONGEST_LIST = 20;

    private PublicationGuard() {}

    /**
     * @param publication empty when it does not exist
     * @throws SourceFault naming everything that is wrong with it
     */
    static void check(String name, Optional<PublicationState> publication) {
        List<String> problems = problems(publication);
        if (!problems.isEmpty()) {
            throw new SourceFault("SR016", "publication %s %s".formatted(name, String.join("; it ", problems)));
        }
    }

    private static List<String> problems(Optional<PublicationState> publication) {
        List<String> problems = new ArrayList<>();
        if (publication.isEmpty()) {
            problems.add("does not exist. Create it before the slot: the server reads it as it was at the time of each"
                    + " change");
            return problems;
        }
        PublicationState state = publication.get();
        if (!state.allOperations()) {
            problems.add(
                    "leaves out some operations. Set publish = 'insert, update, delete, truncate' before the copy");
        }
        if (!state.filteredTables().isEmpty()) {
            problems.add("publishes only some rows of %s. Remove the WHERE before the copy"
                    .formatted(list(state.filteredTables())));
        }
        if (!state.narrowedTables().isEmpty()) {
            problems.add("publishes only some columns of %s. Remove the list of columns before the copy"
                    .formatted(list(state.narrowedTables())));
        }
        if (state.generatedColumns()) {
            problems.add(
                    "publishes generated columns, which the target computes itself. Set publish_generated_columns ="
                            + " none before the copy");
        }
        return problems;
    }

    /** Enough names to begin with, and how many there are. */
    static String list(List<String> names) {
        String first = String.join(", ", names.subList(0, Math.min(names.size(), LONGEST_LIST)));
        return names.size() <= LONGEST_LIST ? first : "%s and %d more".formatted(first, names.size() - LONGEST_LIST);
    }
}
