package org.pg2citus.runner.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WalRoomTest {

    private static final long GB = 1L << 30;

    @Test
    void smallDisk_needs100Gigabytes() {
        assertThat(new WalRoom(200 * GB, 100 * GB).isEnough()).isTrue();
        assertThat(new WalRoom(200 * GB, 100 * GB - 1).isEnough()).isFalse();
    }

    @Test
    void largeDisk_needsAFifth() {
        assertThat(new WalRoom(1_000 * GB, 200 * GB).isEnough()).isTrue();
        assertThat(new WalRoom(1_000 * GB, 199 * GB).isEnough()).isFalse();
        assertThat(new WalRoom(1_000 * GB, 0).neededBytes()).isEqualTo(200 * GB);
    }
}
