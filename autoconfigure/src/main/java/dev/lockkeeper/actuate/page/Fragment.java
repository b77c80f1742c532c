// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A piece of HTML. Only templates are markup: whatever is put into one shows as text,
 * unless it is a fragment itself.
 *
 * @param html the markup
 */
record Fragment(String html) {

	static final Fragment NONE = new Fragment("");

	private static final String PLACE = "{}";

	/**
	 * Fill a template.
	 * @param template markup with <code>{}</code> where values belong, also within
	 * attributes in double quotes
	 * @param values as many as there are places
	 */
	static Fragment of(String template, Object... values) {
		StringBuilder html = new StringBuilder();
		int from = 0;
		for (Object value : values) {
			int place = template.indexOf(PLACE, from);
			html.append(template, from, place);
			html.append((value instanceof Fragment fragment) ? fragment.html : escape(String.valueOf(value)));
			from = place + PLACE.length();
		}
		return new Fragment(html.append(template, from, template.length()).toString());
	}

	static <T> Fragment each(List<T> items, Function<T, Fragment> toFragment) {
		return new Fragment(items.stream().map(toFragment).map(Fragment::html).collect(Collectors.joining()));
	}

	static Fragment join(Fragment... fragments) {
		return each(List.of(fragments), Function.identity());
	}

	/**
	 * HtmlUtils of Spring would do, but not every application has spring-web: JMX shows
	 * this page too.
	 */
	private static String escape(String text) {
		StringBuilder escaped = new StringBuilder(text.length());
		text.chars().forEach((character) -> {
			switch (character) {
				case '&' -> escaped.append("&amp;");
				case '<' -> escaped.append("&lt;");
				case '>' -> escaped.append("&gt;");
				case '"' -> escaped.append("&quot;");
				case '\'' -> escaped.append("&#39;");
				default -> escaped.append((Character.isISOControl(character) && !Character.isWhitespace(character))
						? '\uFFFD' : (char) character);
			}
		});
		return escaped.toString();
	}

	@Override
	public String toString() {
		return this.html;
	}

}
