package org.pg2citus.runner.schema;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** When statements are run. */
public enum Section {
    /** What the copy needs: tables, keys, distribution. */
    BEFORE_COPY("before-copy"),
    /** What is cheaper with the rows in place: indexes, foreign keys, triggers. */
    AFTER_COPY("after-copy");

    private final String word;

    Section(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    static List<String> words() {
        return Arrays.stream(values()).map(Section::word).toList();
    }

    public static Optional<Section> of(String word) {
        return Arrays.stream(values())
                .filter(section -> section.word.equals(word))
                .findFirst();
    }
}
