// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import dev.lockkeeper.schema.AppliedChangeSets;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.wording.Plural;

/**
 * A page of HTML that lists the change sets of a history, with a filter. The filter is a
 * form, which sends nothing but itself, and to this page alone.
 *
 * @since 0.1.0
 */
public final class AppliedPage {

	private final Times times;

	private AppliedPage(Times times) {
		this.times = times;
	}

	/**
	 * Write the page.
	 * @param context what all pages have in common
	 * @param schema the name of the schema
	 * @param applied what was found
	 * @return the page
	 */
	public static String toHtml(PageContext context, String schema, AppliedChangeSets applied) {
		AppliedPage page = new AppliedPage(new Times(applied.checkedAt()));
		Fragment list = applied.newest().isEmpty() ? Fragment.NONE
				: Fragment.of("applied-entries", "entries", Fragment.each(applied.newest(), page::entry));
		return ListPage.toHtml(
				Style.POLICY_WITH_FORM, context, schema, "Change sets of " + schema, summary(applied), Fragment
					.join(Fragment.of("filter", "filter", applied.filter()), Words.message(applied.problem()), list),
				applied.checkedAt());
	}

	private static String summary(AppliedChangeSets applied) {
		if (applied.problem() != null) {
			return "The history cannot be read.";
		}
		String part = applied.filter().strip();
		String changeSets = Words.changeSets(applied.total());
		String found = part.isEmpty()
				? "%s %s in the history".formatted(changeSets, Plural.of(applied.total(), "is", "are"))
				: "%s %s '%s' in id, author or file".formatted(changeSets, Plural.of(applied.total(), "has", "have"),
						part);
		return (applied.total() > applied.newest().size())
				? "%s. Here are the last %d, the last one first.".formatted(found, applied.newest().size())
				: found + ".";
	}

	private Fragment entry(SchemaVersion changeSet) {
		return Fragment.of("applied-entry", "order", changeSet.order(), "changeset",
				Words.changeSet(changeSet.changeSet()), "applied",
				(changeSet.appliedAt() != null)
						? Fragment.of("version-applied", "at", this.times.both(changeSet.appliedAt())) : Fragment.NONE,
				"tag",
				(changeSet.tag() != null) ? Fragment.of("applied-entry-tag", "tag", changeSet.tag()) : Fragment.NONE);
	}

}
