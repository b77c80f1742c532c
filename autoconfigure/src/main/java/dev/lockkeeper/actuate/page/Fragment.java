// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.springframework.util.Assert;

/**
 * A piece of HTML. Only {@link Template templates} and the style are markup: whatever is
 * put into a template shows as text, unless it is a fragment itself.
 */
final class Fragment {

	static final Fragment NONE = new Fragment("");

	private final String html;

	private Fragment(String html) {
		this.html = html;
	}

	/**
	 * Fill a template.
	 * @param template the name of the template
	 * @param values the name of each of its places, followed by the value; a place may be
	 * within an attribute in double quotes
	 */
	static Fragment of(String template, Object... values) {
		Assert.isTrue(values.length % 2 == 0, "Each value has a name");
		Map<String, Object> named = new LinkedHashMap<>();
		for (int i = 0; i < values.length; i += 2) {
			named.put((String) values[i], values[i + 1]);
		}
		return new Fragment(Template.named(template).fill(named, Fragment::toHtml));
	}

	/**
	 * Return the style of the page, which is markup as it stands.
	 */
	static Fragment ofStyle() {
		return new Fragment(Style.CSS);
	}

	static <T> Fragment each(List<T> items, Function<T, Fragment> toFragment) {
		return new Fragment(items.stream().map(toFragment).map(Fragment::html).collect(Collectors.joining()));
	}

	static Fragment join(Fragment... fragments) {
		return each(List.of(fragments), Function.identity());
	}

	private static String toHtml(Object value) {
		return (value instanceof Fragment fragment) ? fragment.html : escape(String.valueOf(value));
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

	String html() {
		return this.html;
	}

	@Override
	public String toString() {
		return this.html;
	}

}
