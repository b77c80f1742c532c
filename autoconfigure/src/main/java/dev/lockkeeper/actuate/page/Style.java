// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * What the page looks like: on a phone, on a wall, by day, at night.
 */
final class Style {

	static final String CSS = """
			:root{color-scheme:light dark;--page:#eef1f5;--card:#fff;--text:#141d28;--quiet:#465364;--line:#cfd6de;
			--ok:#0c6435;--warn:#7d4300;--bad:#a8131c;--info:#124e9c;--fill:#1b8049}
			@media (prefers-color-scheme:dark){:root{--page:#0b1017;--card:#151c26;--text:#e9eef4;--quiet:#abb7c5;
			--line:#313d4c;--ok:#62d695;--warn:#ffbc57;--bad:#ff8f86;--info:#8abcff;--fill:#3fae72}}
			*{box-sizing:border-box;margin:0}
			html{font-size:clamp(16px,13px + .48vw,26px);-webkit-text-size-adjust:100%}
			body{background:var(--page);color:var(--text);font-family:system-ui,"Segoe UI",Roboto,"Noto Sans",
			"DejaVu Sans",sans-serif;line-height:1.4;padding:clamp(.6rem,1.2vw,2rem);overflow-wrap:anywhere}
			code{font-family:ui-monospace,"Cascadia Mono",Menlo,"Noto Sans Mono","DejaVu Sans Mono",monospace;
			font-size:.92em;unicode-bidi:isolate}
			h1{font-size:clamp(1.9rem,1.4rem + 1.6vw,3.2rem);line-height:1.1}
			h2{font-size:1.25rem;margin:.7rem 0 .4rem}
			h3{font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;color:var(--quiet);margin-bottom:.25rem}
			p+p{margin-top:.15rem}
			time{white-space:nowrap}
			a{color:var(--info)}
			.ok{--tone:var(--ok)}.warn{--tone:var(--warn)}.bad{--tone:var(--bad)}.info{--tone:var(--info)}
			header,.card{background:var(--card);border:1px solid var(--line);border-left:.5rem solid
			var(--tone,var(--line));border-radius:.5rem;padding:.6rem 1rem;min-width:0}
			header{display:flex;gap:1rem;align-items:center}
			.icon{width:1em;height:1em;flex:none;overflow:visible}
			.icon path{fill:none;stroke:var(--tone);stroke-width:4;stroke-linecap:round;stroke-linejoin:round}
			header .icon{font-size:clamp(2.4rem,5vw,4rem)}
			header div{min-width:0}
			header h1{color:var(--tone)}
			.cards{display:flex;flex-wrap:wrap;gap:clamp(.5rem,.8vw,1rem)}
			.hero{flex:1 1 100%}
			.side{flex:1 1 20rem;min-width:0;display:flex;flex-direction:column;gap:inherit}
			.side+.side{flex-grow:1.4}
			.side:empty{display:none}
			.hero{display:flex;flex-wrap:wrap;gap:.7rem 2rem}
			.hero>div{flex:1 1 18rem;min-width:0}
			.status{display:flex;gap:.25em;align-items:center;color:var(--tone);font-weight:800;line-height:1.05;
			font-size:clamp(2.3rem,1.2rem + 4vw,4.6rem);letter-spacing:-.01em;white-space:nowrap}
			.status .icon{width:.8em;height:.8em}
			.meaning{font-size:1.25rem;font-weight:600}
			.action{color:var(--quiet)}
			.version{font-size:clamp(1.8rem,1.2rem + 2.2vw,3.2rem);font-weight:700;line-height:1.15}
			.version.long{font-size:clamp(1.1rem,.9rem + 1vw,1.8rem)}
			.hero>.level{flex-basis:100%;font-size:1.25rem;font-weight:600}
			.bar{display:block;width:100%;height:1rem;border-radius:.55rem;margin-bottom:.3rem}
			.track{fill:var(--line)}.filled{fill:var(--fill)}
			.info .bar .filled{fill:var(--info)}.warn .bar .filled{fill:var(--warn)}
			.hero .bar .filled{fill:var(--fill)}
			.big{font-size:1.5rem;font-weight:700;line-height:1.2;color:var(--tone);margin-bottom:.3rem}
			.name{font-weight:700}
			.message{border-left:.25rem solid var(--tone,var(--line));padding:.2rem 0 .2rem .6rem;margin:.4rem 0;
			font-weight:600;white-space:pre-line;unicode-bidi:isolate}
			ol{padding-left:1.6em}
			.runs{list-style:none;padding:0;display:grid;gap:.3rem 1.5rem;
			grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr))}
			.runs{margin-top:.4rem}
			.runs li{display:flex;gap:.5rem;font-size:.9rem;min-width:0}
			.runs .icon{margin-top:.2em}
			.runs b{color:var(--tone)}
			.chart{display:block;width:100%;height:10.9em;font-size:clamp(11px,.75rem,20px);overflow:visible}
			.chart svg{overflow:visible}
			.chart text{fill:var(--text);text-anchor:middle;font-weight:600}
			.chart .axis{fill:var(--quiet);text-anchor:start;font-weight:400}
			.chart .end{text-anchor:end}
			.chart line{stroke:var(--quiet);stroke-width:2}
			.chart path{fill:none;stroke:var(--tone);stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
			.chart rect{fill:var(--tone)}
			.chart rect.crashed{fill:none;stroke:var(--tone);stroke-width:2;stroke-dasharray:6 5}
			.chart rect.stopped{fill-opacity:.55;stroke:var(--tone);stroke-width:2}
			.legend,.checked,footer{color:var(--quiet);font-size:.8rem}
			.legend{margin:.2rem 0 .7rem}
			.checked{margin-top:.5rem}
			footer{margin-top:1.2rem}
			""";

	/**
	 * Nothing but this very style: no script, no other resource, no form.
	 */
	static final String POLICY = "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'"
		.formatted(digest());

	private Style() {
	}

	private static String digest() {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(CSS.getBytes(StandardCharsets.UTF_8));
			return Base64.getEncoder().encodeToString(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
