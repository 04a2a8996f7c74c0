/** What the target looks like: columns, keys, foreign keys, the kind of each table, distribution column and shards. */
package org.pg2citus.sink.catalog;
