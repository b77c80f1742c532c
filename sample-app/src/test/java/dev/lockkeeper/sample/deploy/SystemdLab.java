// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import dev.lockkeeper.testsupport.JavaProcess;
import org.awaitility.Awaitility;

/**
 * A real systemd as the first process of a PID namespace, with a journal, an empty
 * {@code /opt} and no unit of the machine. It shares nothing with the systemd of the
 * machine but the network. Closing it kills everything in it.
 */
final class SystemdLab implements AutoCloseable {

	private static final Path SYSTEMD = Path.of("/lib/systemd/systemd");

	/**
	 * Outside: a control group that the lab may take for the root of all, removed when
	 * the lab is over.
	 */
	private static final String OUTSIDE = """
			set -eu
			trap '' TERM INT HUP
			lab=$1
			mkdir "$lab/cgroup"
			mount -t cgroup2 none "$lab/cgroup"
			group="$lab/cgroup/lockkeeper-$$"
			mkdir "$group"
			exec 3<&0
			(
				echo "$BASHPID" > "$group/cgroup.procs"
				exec unshare --cgroup --pid --fork --mount --ipc --uts --kill-child bash "$lab/inside" "$lab"
			) < /dev/null 3<&- &
			# Ends when the JVM of the test does, also when that was killed
			cat <&3 > /dev/null &
			wait -n || true
			kill -KILL $(jobs -p) 2> /dev/null || true
			wait || true
			for try in {1..600}; do
				find "$group" -depth -type d -exec rmdir {} + 2> /dev/null && break
				sleep 0.1
			done
			""";

	/**
	 * Inside: units of the lab alone. Those of the machine would clean up its temporary
	 * files and mount its disks, and so stubs take the place of the targets that a
	 * service needs.
	 */
	private static final String INSIDE = """
			set -eu
			lab=$1
			mount -t proc proc /proc
			for folder in /run /etc/systemd/system /var/log /sys/fs/cgroup; do mount -t tmpfs tmpfs "$folder"; done
			mount -t cgroup2 none /sys/fs/cgroup
			mkdir "$lab/opt" /run/lab
			mount --bind "$lab/opt" /opt
			cd /run/lab
			for target in sysinit basic shutdown umount multi-user network-online; do
				printf '[Unit]\\nDefaultDependencies=no\\n' > "$target.target"
			done
			printf '[Unit]\\nDefaultDependencies=no\\nWants=systemd-journald.service\\n' > lab.target
			ln -s /lib/systemd/system/systemd-journald.service /lib/systemd/system/systemd-journald.socket .
			exec env -i container=lockkeeper SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/lab PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
				/lib/systemd/systemd --system --unit=lab.target --log-target=console --show-status=no
			""";

	private final DeployPage page;

	private final JavaProcess process;

	private SystemdLab(DeployPage page, JavaProcess process) {
		this.page = page;
		this.process = process;
	}

	/**
	 * Return what keeps this machine from running one.
	 * @return the obstacle, if there is one
	 */
	static Optional<String> obstacle() {
		if (!Files.isExecutable(SYSTEMD)) {
			return Optional.of("systemd is not installed: there is no " + SYSTEMD);
		}
		if (!"root".equals(System.getProperty("user.name"))) {
			return Optional.of("Only root may start a systemd in namespaces of its own");
		}
		try {
			Path folder = Files.createTempDirectory("lockkeeper-cgroup");
			Process attempt = new ProcessBuilder("unshare", "--mount", "--pid", "--fork", "--cgroup", "bash", "-euc",
					"mount -t cgroup2 none \"$0\"; mkdir \"$0/lockkeeper-$$\"; rmdir \"$0/lockkeeper-$$\"",
					folder.toString())
				.redirectErrorStream(true)
				.start();
			String output = new String(attempt.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			boolean works = attempt.waitFor() == 0;
			Files.delete(folder);
			return works ? Optional.empty()
					: Optional.of("This machine allows no systemd in namespaces of its own: " + output.strip());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Start one, in which the commands of a page are executed from now on.
	 * @param page the page
	 * @return the lab; the caller closes it
	 */
	static SystemdLab start(DeployPage page) {
		Path folder = page.folderFor("lab");
		try {
			Files.writeString(folder.resolve("inside"), INSIDE);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		SystemdLab lab = new SystemdLab(page,
				page.start(List.of("unshare", "--mount", "bash", "-c", OUTSIDE, "lab", folder.toString())));
		page.within(Stream
			.of("nsenter", "--target=" + lab.awaitFirstProcess(), "--mount", "--pid", "--cgroup", "--ipc", "--uts",
					"--wdns=" + page.getFolder())
			.toList());
		Awaitility.await("systemd")
			.atMost(DeployPage.LIMIT)
			.until(() -> lab.command("systemctl is-system-running").contains("running"));
		return lab;
	}

	private long awaitFirstProcess() {
		Awaitility.await("the first process of the namespace")
			.atMost(DeployPage.LIMIT)
			.until(() -> !this.process.isAlive() || systemd().isPresent());
		return systemd().orElseThrow(() -> new AssertionError(this.process.getOutput())).pid();
	}

	// The lab's shell, the program that unshares, and the first process of the namespace
	private Optional<ProcessHandle> systemd() {
		return ProcessHandle.of(this.process.getPid())
			.stream()
			.flatMap(ProcessHandle::children)
			.flatMap(ProcessHandle::children)
			.filter((process) -> process.info().command().orElse("").endsWith("/systemd"))
			.findFirst();
	}

	/**
	 * Execute a command in the lab.
	 * @param command the command
	 * @return what it has written, whether or not it succeeded
	 */
	String command(String command) {
		JavaProcess process = this.page.startWithin(command);
		process.awaitExit(DeployPage.LIMIT);
		return process.getOutput();
	}

	/**
	 * Return a property of a unit.
	 * @param unit the unit
	 * @param property the property
	 * @return its value
	 */
	String show(String unit, String property) {
		return command("systemctl show --value --property=%s '%s'".formatted(property, unit));
	}

	@Override
	public void close() {
		// What is in the namespace dies with its first process
		systemd().ifPresent(ProcessHandle::destroyForcibly);
		this.process.awaitExit(DeployPage.LIMIT);
	}

}
