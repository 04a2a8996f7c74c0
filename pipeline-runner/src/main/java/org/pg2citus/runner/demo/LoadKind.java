package org.pg2citus.runner.demo;

/** What the application does, and how often: each kind is something that a migration can get wrong. */
public enum LoadKind {
    CLICKS("clicks with their counters, 3 tables", 30),
    TRANSFER("transfers between two companies", 20),
    TRANSFER_INSIDE("transfers inside a company", 10),
    EDIT_AD("updates that leave a large value alone", 12),
    REWRITE_AD("updates of a large value", 4),
    NEW_CAMPAIGN("new parents with children", 4),
    DELETE_AD("deletes", 4),
    MOVE_CAMPAIGN("moves of rows to another company", 3),
    RENAME_COUPON("changes of a primary key", 3),
    SWAP_COUPONS("swaps of two primary keys", 2),
    SAMPLE("rows of every type", 4),
    EDIT_COUNTRY("updates of a reference table", 2),
    EDIT_SETTING("updates of a local table", 2),
    IMPORT("imports of 100 rows, some after a truncate", 2),
    LARGE("updates of all clicks of three companies", 1),
    UNDONE_IN_PART("transactions with a rolled back part", 3),
    UNDONE("transactions rolled back", 2);

    private final String label;
    private final int weight;

    LoadKind(String label, int weight) {
        this.label = label;
        this.weight = weight;
    }

    public String label() {
        return label;
    }

    int weight() {
        return weight;
    }
}
