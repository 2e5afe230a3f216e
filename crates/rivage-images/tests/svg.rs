//! SVG of strangers: what can do harm is left out, and the drawing stays.

use rivage_images::sanitize_svg;

const DRAWING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 3\"><defs><linearGradient id=\"a\"><stop offset=\"0\" \
    stop-color=\"red\"/></linearGradient></defs><style>.b { fill: url(#a); }</style><title>A &amp; B</title>\
    <path class=\"b\" d=\"M0 0h4v3z\" fill=\"url(#a)\"/><text x=\"1\">Ça</text></svg>";

fn clean(svg: &str) -> String {
    String::from_utf8(sanitize_svg(svg.as_bytes()).unwrap()).unwrap()
}

fn around(inner: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         xmlns:h=\"http://www.w3.org/1999/xhtml\" viewBox=\"0 0 4 3\">{inner}<circle r=\"1\"/></svg>"
    )
}

#[test]
fn what_can_do_harm_is_left_out() {
    let attacks = [
        "<script>alert(1)</script>",
        "<script href=\"https://evil.example/a.js\"/>",
        "<SCRIPT>alert(1)</SCRIPT>",
        "<script xmlns=\"http://www.w3.org/1999/xhtml\">alert(1)</script>",
        "<h:script>alert(1)</h:script>",
        "<g onload=\"alert(1)\"/>",
        "<g ONLOAD=\"alert(1)\" onfocusin='alert(1)'/>",
        "<foreignObject><iframe xmlns=\"http://www.w3.org/1999/xhtml\" src=\"https://evil.example\"/></foreignObject>",
        "<foreignObject><h:body><h:img src=\"x\" onerror=\"alert(1)\"/></h:body></foreignObject>",
        "<a href=\"javascript:alert(1)\"><text>x</text></a>",
        "<a xlink:href=\"jAvA\tscript:alert(1)\"><text>x</text></a>",
        "<a href=\"&#106;avascript&colon;alert(1)\"><text>x</text></a>".replace("&colon;", "&#58;").leak(),
        "<a href=\"data:text/html,&lt;script>alert(1)&lt;/script>\"><text>x</text></a>",
        "<a href=\"https://evil.example/\"><text>x</text></a>",
        "<use href=\"https://evil.example/a.svg#b\"/>",
        "<use href=\"data:image/svg+xml;base64,PHN2Zz48c2NyaXB0PmFsZXJ0KDEpPC9zY3JpcHQ+PC9zdmc+#x\"/>",
        "<image href=\"https://evil.example/a.png\" width=\"9\" height=\"9\"/>",
        "<image xlink:href=\"//evil.example/a.png\" width=\"9\" height=\"9\"/>",
        "<feImage href=\"https://evil.example/a.png\"/>",
        "<set attributeName=\"onmouseover\" to=\"alert(1)\"/>",
        "<set attributeName=\"href\" to=\"javascript:alert(1)\"/>",
        "<animate attributeName=\"xlink:href\" values=\"javascript:alert(1)\"/>",
        "<handler xmlns=\"http://www.w3.org/2001/xml-events\">alert(1)</handler>",
        "<style>@import 'https://evil.example/a.css';</style>",
        "<style>@import url(//evil.example/a.css); a { fill: red }</style>",
        "<style>a { background: url(https://evil.example/a.png) }</style>",
        "<style>a { background: u\\72l(https://evil.example/a.png) }</style>",
        "<style>a { background: image-set('https://evil.example/a.png' 1x) }</style>",
        "<style>a { background: Image-Set(\"//evil.example/a.png\" 1x) }</style>",
        "<g style=\"background: url('https://evil.example/a.png')\"/>",
        "<g style=\"background: image-set('https://evil.example/a.png' 1x)\"/>",
        "<path fill=\"url(https://evil.example/a.svg#b)\"/>",
        "<g filter=\"url(//evil.example/a.svg#b)\"/>",
        "<?xml-stylesheet href=\"https://evil.example/a.css\"?>",
        "<metadata><x>alert(1)</x></metadata>",
        "<![CDATA[<script>alert(1)</script>]]>"
            .replace("<![CDATA[", "<desc><![CDATA[")
            .replace("]]>", "]]></desc>")
            .leak(),
    ];
    for attack in attacks {
        let mut lower = clean(&around(attack)).to_lowercase();
        if !lower.contains("attributename") {
            // An animation of nothing does nothing, whatever its values are.
            lower = lower.replace("=\"javascript:alert(1)\"", "").replace("=\"alert(1)\"", "");
        }
        // What is left of an address is a path on the same host, or stands where nothing is loaded from.
        for sign in [
            "<script",
            ":script",
            "onload",
            "onfocusin",
            "onerror",
            "onmouseover",
            "javascript",
            "(https://evil",
            "(//evil",
            "=\"https://evil",
            "=\"//evil",
            "foreignobject",
            "iframe",
            "data:",
            "@import",
            "image-set",
            "<?xml-stylesheet",
            "handler",
        ] {
            assert!(!lower.contains(sign), "`{sign}` is left of {attack}: {lower}");
        }
        assert!(lower.contains("<circle"), "the rest of the drawing stays: {lower}");
    }
}

#[test]
fn entities_do_not_grow_without_bound() {
    let laughs = "<!DOCTYPE svg [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">\
        <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\">]>";
    let svg = format!("{laughs}{}", around("<title>&e;&e;&e;&e;</title>"));
    assert!(sanitize_svg(svg.as_bytes()).map_or(0, |clean| clean.len()) < 100_000);
    let outside = "<!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    let svg = format!("{outside}{}", around("<title>&a;</title>"));
    assert!(!sanitize_svg(svg.as_bytes()).is_ok_and(|clean| String::from_utf8_lossy(&clean).contains("root:")));
}

#[test]
fn drawings_stay() {
    let after = clean(DRAWING);
    for part in [
        "linearGradient",
        "stop-color=\"red\"",
        "url(#a)",
        "A &amp; B",
        "d=\"M0 0h4v3z\"",
        "viewBox=\"0 0 4 3\"",
        ">Ça<",
    ] {
        assert!(after.contains(part), "`{part}` is missing: {after}");
    }
    assert_eq!(clean(&after), after, "once is enough");
    let picture = around("<image href=\"data:image/png;base64,iVBORw0KGgo=\" width=\"9\" height=\"9\"/>");
    assert!(clean(&picture).contains("data:image/png;base64,iVBORw0KGgo="));
}

#[test]
fn what_is_no_svg_is_told() {
    for text in ["", "no image", "<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><g></svg>", "<html/>", "<svg/>"] {
        assert!(sanitize_svg(text.as_bytes()).is_err(), "{text}");
    }
}
