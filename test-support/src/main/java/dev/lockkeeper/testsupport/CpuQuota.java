// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * A part of one CPU, for processes that are to be slow: a control group of Linux, of
 * version 1 or 2. Only a user who may create control groups can have one.
 */
public final class CpuQuota implements AutoCloseable {

	private static final Path VERSION_1 = Path.of("/sys/fs/cgroup/cpu");

	private static final Path VERSION_2 = Path.of("/sys/fs/cgroup");

	private static final int PERIOD = 100_000;

	private final Path group;

	private CpuQuota(Path group) {
		this.group = group;
	}

	/**
	 * Create a quota.
	 * @param percent how much of one CPU its processes may use together
	 * @return the quota, or nothing when this user may not have one; the caller closes it
	 * when its processes have ended
	 */
	public static Optional<CpuQuota> of(int percent) {
		Path parent = Files.exists(VERSION_1.resolve("cpu.cfs_quota_us")) ? VERSION_1 : VERSION_2;
		Path group = parent.resolve("lockkeeper-test-" + UUID.randomUUID());
		int quota = PERIOD / 100 * percent;
		try {
			Files.createDirectory(group);
		}
		catch (IOException ex) {
			return Optional.empty();
		}
		try {
			if (parent.equals(VERSION_1)) {
				Files.writeString(group.resolve("cpu.cfs_period_us"), String.valueOf(PERIOD));
				Files.writeString(group.resolve("cpu.cfs_quota_us"), String.valueOf(quota));
			}
			else {
				Files.writeString(group.resolve("cpu.max"), "%d %d".formatted(quota, PERIOD));
			}
			return Optional.of(new CpuQuota(group));
		}
		catch (IOException ex) {
			new CpuQuota(group).close();
			return Optional.empty();
		}
	}

	/**
	 * Let a process have no more than this, together with what it starts from now on.
	 * @param process the process
	 */
	public void limit(JavaProcess process) {
		try {
			Files.writeString(this.group.resolve("cgroup.procs"), String.valueOf(process.getPid()));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		try {
			Files.deleteIfExists(this.group);
		}
		catch (IOException ex) {
			// A process is still in it; an empty group does no harm
		}
	}

}
