/** What a deployment needs beside the connectors and the runner. */
package org.pg2citus.deploy;
