// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunRecord;
import org.jspecify.annotations.Nullable;

/**
 * The runs as columns, the newest one at the right: the longer, the higher. It stretches
 * with the page, its text does not.
 */
final class RunChart {

	/**
	 * The most runs that are shown.
	 */
	static final int RUNS = 12;

	private static final double SLOT = 100.0 / RUNS;

	private static final double TOP = 1.6;

	private static final double BASE = 7;

	private static final double LOWEST = 0.35;

	private final List<Column> columns;

	private final Times times;

	private RunChart(List<Column> columns, Times times) {
		this.columns = columns;
		this.times = times;
	}

	/**
	 * Create a chart.
	 * @param runs those that have ended, the last one first
	 * @param running the one in progress
	 * @param times formats times
	 */
	static RunChart of(List<RunRecord> runs, @Nullable RunProgress running, Times times) {
		List<Column> columns = new ArrayList<>();
		if (running != null) {
			Instant startedAt = running.start().at();
			Duration yet = Duration.between(startedAt, times.now());
			columns.add(new Column(Outcome.RUNNING, startedAt, yet.isNegative() ? Duration.ZERO : yet,
					"running since " + Times.text(startedAt)));
		}
		for (RunRecord run : runs) {
			RunEnd end = run.end();
			if (end != null && columns.size() < RUNS) {
				columns.add(column(run, end));
			}
		}
		return new RunChart(columns, times);
	}

	private static Column column(RunRecord run, RunEnd end) {
		Outcome outcome = Outcome.of(end);
		Duration duration = end.duration();
		String took = (duration != null) ? "in " + Times.exact(duration) : "after an unknown time";
		return new Column(outcome, run.start().at(), duration, "%s (%s) %s, started %s, %d applied"
			.formatted(outcome.word(), end.status(), took, Times.text(run.start().at()), end.applied()));
	}

	Fragment toSvg(String id) {
		double longest = this.columns.stream().mapToDouble(Column::weight).max().orElse(1);
		List<Fragment> drawn = new ArrayList<>();
		for (int i = 0; i < this.columns.size(); i++) {
			drawn.add(draw(this.columns.get(i), 100 - (i + 0.5) * SLOT, longest));
		}
		Instant oldest = this.columns.get(this.columns.size() - 1).startedAt();
		Instant newest = this.columns.get(0).startedAt();
		Fragment from = spaced() ? Fragment.of("chart-oldest", "x", number(100 - this.columns.size() * SLOT), "oldest",
				this.times.relative(oldest)) : Fragment.NONE;
		return Fragment.of("chart", "id", id, "description", describe(), "base", BASE, "columns",
				Fragment.each(drawn, (fragment) -> fragment), "oldest", from, "newest", this.times.relative(newest));
	}

	// Otherwise the two labels would overlap
	private boolean spaced() {
		return this.columns.size() > RUNS / 3;
	}

	private String describe() {
		List<String> words = new ArrayList<>();
		this.columns.forEach((column) -> words.add(column.description()));
		return "The last runs, the newest one first: " + String.join("; ", words) + ".";
	}

	private static Fragment draw(Column column, double middle, double longest) {
		double height = (column.duration() != null)
				? Math.max(LOWEST, (BASE - TOP) * column.weight() / Math.max(1, longest)) : BASE - TOP;
		double width = SLOT * 0.72;
		String label = (column.duration() != null) ? Times.brief(column.duration()) : "?";
		return Fragment.of("chart-column", "tone", column.outcome().tone(), "description", column.description(),
				"outcome", column.outcome().word(), "x", number(middle - width / 2), "y", number(BASE - height),
				"width", number(width), "height", number(height), "middle", number(middle), "top",
				number(BASE - height - 0.4), "label", label, "mark", column.outcome().mark());
	}

	static String number(double number) {
		return String.format(Locale.ROOT, "%.2f", number);
	}

	/**
	 * One run.
	 *
	 * @param outcome what became of it
	 * @param startedAt when it began
	 * @param duration how long it took, if that is known
	 * @param description what it was, in words
	 */
	private record Column(Outcome outcome, Instant startedAt, @Nullable Duration duration, String description) {

		// On a logarithmic scale, milliseconds and hours are visible side by side
		double weight() {
			return (this.duration != null) ? Math.log1p((double) this.duration.toMillis()) : 0;
		}

	}

}
