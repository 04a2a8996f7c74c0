package org.pg2citus.runner.schema;

import java.util.Set;

/**
 * What a script has to know of the target.
 *
 * @param citus the extension is installed in its database
 * @param extensions that can be created, or are there
 */
record TargetFacts(boolean citus, Set<String> extensions) {

    TargetFacts {
        extensions = Set.copyOf(extensions);
    }
}
