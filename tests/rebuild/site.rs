//! A small site that uses whatever a site can use: what the edits begin with.
//!
//! Its own theme is a few lines a template, so that a build takes milliseconds.

use super::project::Files;
use super::random::Random;

/// A picture that tells its size.
pub(crate) fn svg(width: usize, text: &str) -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"4\"><title>{text}</title></svg>")
}

/// The settings, group by group: each can be edited by itself.
pub(crate) const SETTINGS: &[(&str, &[&str])] = &[
    (
        "site",
        &[
            "title = \"Shoals\"\nbase_url = \"https://example.org\"\ntheme = \"tiny\"\nedit_url = \"https://edit.example/{path}\"",
            "title = \"Reefs\"\nbase_url = \"https://example.org\"\ntheme = \"tiny\"\ndescription = \"All about reefs\"",
            "title = \"Shoals\"\nbase_url = \"https://example.org/sub\"\ntheme = \"tiny\"\nlogo = \"/logo.svg\"",
            "title = \"Shoals\"\nbase_url = \"https://other.example\"\ntheme = \"tiny\"\ncopyright = \"2040\"\nimage = \"/img/pic.svg\"",
            "title = \"Shoals\"\nbase_url = \"https://example.org\"\ntheme = \"bare\"",
        ],
    ),
    (
        "languages.fr",
        &[
            "title = \"Hauts-fonds\"",
            "title = \"Récifs\"\nstrings = { home = \"Accueil !\" }",
            "name = \"Langue\"\nrtl = true\n[[languages.fr.menus.main]]\nname = \"Un\"\nurl = \"/fr/docs/\"",
        ],
    ),
    (
        "menus",
        &[
            MENU,
            "",
            "[[menus.main]]\nname = \"Start\"\nurl = \"/\"\n[[menus.main]]\nname = \"Beta\"\nurl = \"docs/beta.mdx\"\nicon = \"mark\"",
        ],
    ),
    (
        "taxonomies",
        &[
            "[taxonomies.tags]\npaginate_by = 2\nfeed = true\n",
            "[taxonomies.tags]\ntitle = \"Topics\"\n[taxonomies.topics]\n",
            "[taxonomies.tags]\nrender = false\n",
            "[taxonomies.tags]\npaginate_by = 1\n",
        ],
    ),
    (
        "content",
        &[
            CONTENT,
            "[content.blog]\nkind = \"blog\"\nsort_by = \"title\"\npaginate_by = 3\nfeed = true\n[content.docs]\nkind = \"docs\"\nsidebar = true\nextra = { level = 2 }\n",
            "[content.blog]\nkind = \"blog\"\npermalink = \"/blog/:year/:slug/\"\nfeed = false\npaginate_by = 2\n[content.docs]\nkind = \"docs\"\nsearch = false\ntoc = false\nsidebar = [ \"docs/alpha.md\", { label = \"Rest\", from = \"docs\" } ]\n",
            "[content.blog]\nkind = \"blog\"\ntemplate = \"blog/short.html\"\nsection_template = \"section.html\"\nfeed = true\n[content.docs]\nkind = \"blog\"\n",
            "[content.blog]\nkind = \"blog\"\nfeed = true\npaginate_by = 2\nschema = { mood = { type = \"string\", enum = [\"calm\", \"rough\"] } }\n[content.docs]\nkind = \"docs\"\nsidebar = true\nunknown_keys = \"extra\"\n",
        ],
    ),
    (
        "markdown",
        &[
            "unknown_component = \"warn\"",
            "unknown_component = \"warn\"\nsmart_punctuation = false\nemoji = false",
            "unknown_component = \"element\"\nexternal_new_tab = true",
            "unknown_component = \"warn\"\ntoc_depth = [2, 2]\ndefinition_lists = false\nmath = true",
        ],
    ),
    ("links", &["broken = \"warn\"", "broken = \"ignore\""]),
    ("code", &["highlight = true", "highlight = false\nline_numbers = true", "copy = false\nwrap = true"]),
    (
        "feeds",
        &[
            "atom = true",
            "atom = true\nrss = true\njson = true\nlimit = 3",
            "atom = false",
            "full_content = false\nrss = true",
        ],
    ),
    ("search", &["enabled = true", "enabled = false"]),
    (
        "build",
        &[
            "minify = true",
            "minify = false\nmarkdown_twins = false",
            "sitemap = false\nllms_txt = false",
            "csp = \"default-src 'self'\"\nmarkdown_twins = true",
        ],
    ),
    ("extra", &["note = \"a\"", "note = \"b\"\nmore = 3", ""]),
    (
        "authors.ada",
        &["name = \"Ada\"", "name = \"Ada L.\"\nurl = \"https://ada.example\"\nemail = \"ada@example.org\""],
    ),
    ("headers", &["", "\"/blog/*\" = { \"X-Blog\" = \"1\" }"]),
    ("redirects", &["", "[[redirects]]\nfrom = \"/old/*\"\nto = \"/docs/\"\n"]),
];

const MENU: &str = "[[menus.main]]\nname = \"Home\"\nurl = \"/\"\n[[menus.main]]\nname = \"Blog\"\nurl = \"/blog/\"\nchildren = [ { name = \"About\", url = \"about.mdx\" } ]\n[[menus.main]]\nname = \"Out\"\nurl = \"https://other.example/\"\n";

const CONTENT: &str = "[content.blog]\nkind = \"blog\"\nsort_by = \"date\"\npaginate_by = 2\nfeed = true\n[content.docs]\nkind = \"docs\"\nsort_by = \"weight\"\nsidebar = true\n";

/// Writes the settings down, of which each group has the variant chosen.
pub(crate) fn settings(chosen: &[usize]) -> String {
    let mut out = String::new();
    for ((name, variants), at) in SETTINGS.iter().zip(chosen) {
        let text = variants[at % variants.len()];
        match *name {
            "menus" | "taxonomies" | "content" | "redirects" => out.push_str(text),
            _ if text.is_empty() => {}
            name => out.push_str(&format!("[{name}]\n{text}\n")),
        }
        out.push('\n');
    }
    out
}

const THEME: &[(&str, &str)] = &[
    ("theme.toml", "name = \"tiny\"\n[settings]\naccent = \"deep\"\n"),
    (
        "layouts/base.html",
        "<!doctype html><html lang=\"{{ lang.code }}\"><head><title>{{ title }} | {{ site.title }}</title>\
         <link rel=\"stylesheet\" href=\"{{ asset(path=\"css/main.css\") }}\"><link rel=\"canonical\" href=\"{{ canonical }}\">\
         {% for feed in feeds %}<link rel=\"alternate\" href=\"{{ feed.url }}\" title=\"{{ feed.title }}\">{% endfor %}\
         {% if page %}{% for a in page.alternates %}<link hreflang=\"{{ a.hreflang }}\" href=\"{{ a.url }}\">{% endfor %}\
         {{ page.json_ld | safe }}{% endif %}</head><body id=\"top\">{% include \"parts/nav.html\" %}\
         <main id=\"content\">{% block main %}{{ content }}{% endblock %}</main>{% include \"parts/foot.html\" %}</body></html>\n",
    ),
    (
        "layouts/parts/nav.html",
        "<nav>{{ icon(name=\"mark\") }}{{ t(key=\"home\") }}{% for item in menu(name=\"main\") %}\
         <a href=\"{{ item.url or \"#\" }}\"{% if item.current %} aria-current=\"page\"{% endif %}{% if item.active %} class=\"on\"{% endif %}>{{ item.label }}</a>\
         {% for child in item.children %}<a href=\"{{ child.url or \"#\" }}\">{{ child.label }}</a>{% endfor %}{% endfor %}\
         {% for language in site.languages %}<a href=\"{{ language.url }}\">{{ language.name }}</a>{% endfor %}</nav>\n",
    ),
    (
        "layouts/parts/foot.html",
        "<footer>{{ site.copyright or \"\" }} {{ site.theme.accent }} {{ t(key=\"foot\", n=2) }}</footer>\n",
    ),
    (
        "layouts/parts/pager.html",
        "{% if pager %}<p>{{ pager.index }}/{{ pager.count }} of {{ pager.total }}{% for part in pager.near %} <a href=\"{{ part.url }}\">{{ part.n }}</a>{% endfor %}</p>{% endif %}\n",
    ),
    (
        "layouts/page.html",
        "{% extends \"base.html\" %}{% block main %}<h1>{{ title }}</h1>{{ content }}\
         <p>{% for c in page.breadcrumbs %}<a href=\"{{ c.url }}\">{{ c.title }}</a>{% endfor %}</p>\
         {% if page.next %}<a href=\"{{ page.next.url }}\">{{ page.next.title }}</a>{% endif %}\
         {% if page.original %}{{ page.original.url }} {{ page.original.name }}{% endif %}{{ page.extra.level or \"\" }}{{ page.extra.mood or \"\" }}{% endblock %}\n",
    ),
    (
        "layouts/section.html",
        "{% extends \"base.html\" %}{% block main %}<h1>{{ title }}</h1>{{ content }}{% for p in pages %}{{ <Row page={p}/> }}{% endfor %}\
         {% for s in subsections %}<a href=\"{{ s.url }}\">{{ s.title }}</a>{% endfor %}{% include \"parts/pager.html\" %}{% endblock %}\n",
    ),
    (
        "layouts/blog/page.html",
        "{% extends \"page.html\" %}{% block main %}<h1>{{ title }}</h1>{% if page.date %}<time>{{ page.date | date }}</time>{% endif %}{{ content }}\
         {% for tag in page.taxonomies.tags or [] %}<a href=\"{{ tag.url }}\">{{ tag.name }}</a>{% endfor %}\
         {% for p in page.related %}{{ <Row page={p}/> }}{% endfor %}{% for p in page.series_pages %}<i>{{ p.title }}</i>{% endfor %}\
         {% for a in page.authors %}{{ a.name }}{{ a.url or \"\" }}{% endfor %}\
         {% if page.previous %}<a href=\"{{ page.previous.url }}\">{{ page.previous.title }}</a>{% endif %}{% if page.image %}<img src=\"{{ page.image }}\">{% endif %}{% endblock %}\n",
    ),
    (
        "layouts/blog/short.html",
        "{% extends \"base.html\" %}{% block main %}{{ title }}: {{ page.summary }} ({{ page.words }}){% endblock %}\n",
    ),
    (
        "layouts/blog/section.html",
        "{% extends \"section.html\" %}{% block main %}<h1>{{ title }}</h1>{% for p in pages %}{{ <Row page={p}/> }}{{ p.summary }}{% endfor %}{% include \"parts/pager.html\" %}{% endblock %}\n",
    ),
    (
        "layouts/docs/page.html",
        "{% extends \"base.html\" %}{% block main %}{% if page.sidebar %}<aside>{{ <Tree items={sidebar()}/> }}</aside>{% endif %}<h1>{{ title }}</h1>\
         {% if page.toc %}<ol>{% for entry in toc %}<li><a href=\"#{{ entry.id }}\">{{ entry.title }}</a></li>{% endfor %}</ol>{% endif %}{{ content }}\
         {{ page.edit_url or \"\" }}{{ page.markdown_url or \"\" }}{% if page.updated %}{{ page.updated | date(format=\"%Y\") }}{% endif %}\
         {% for l in page.translations %}<a href=\"{{ l.url }}\">{{ l.title }}</a>{% endfor %}{% endblock %}\n",
    ),
    (
        "layouts/docs/section.html",
        "{% extends \"docs/page.html\" %}{% block main %}<h1>{{ title }}</h1>{{ content }}{% for s in subsections %}<b>{{ s.title }}</b>{% endfor %}{% for p in pages %}<a href=\"{{ p.url }}\">{{ p.title }}</a>{% endfor %}{% endblock %}\n",
    ),
    (
        "layouts/marketing/page.html",
        "{% extends \"base.html\" %}{% block main %}{{ content }}{% set rates = data(path=\"data/rates.json\") %}<p>{{ rates.eur }}</p>\
         <img src=\"{{ static_url(path=\"logo.svg\") }}\">{% set pic = image(path=\"img/pic.svg\") %}<img src=\"{{ pic.src }}\" width=\"{{ pic.width or 0 }}\">\
         {% for term in taxonomy(name=\"tags\") %}<a href=\"{{ term.url }}\">{{ term.name }} {{ term.count }}</a>{% endfor %}{% endblock %}\n",
    ),
    (
        "layouts/marketing/section.html",
        "{% extends \"marketing/page.html\" %}{% block main %}<h1>{{ title }}</h1>{{ content }}{% for p in pages(kind=\"blog\", limit=3, sort_by=\"date\") %}{{ <Row page={p}/> }}{% endfor %}\
         {% for p in pages(tag=\"sea\") %}<u>{{ p.title }}</u>{% endfor %}{{ data(path=\"data/rates.json\") | to_json }}{% endblock %}\n",
    ),
    (
        "layouts/taxonomy/list.html",
        "{% extends \"base.html\" %}{% block main %}<h1>{{ title }}</h1>{% for term in terms %}<a href=\"{{ term.url }}\">{{ term.name }} {{ term.count }}</a>{% endfor %}{% endblock %}\n",
    ),
    (
        "layouts/taxonomy/term.html",
        "{% extends \"base.html\" %}{% block main %}<h1>{{ taxonomy.title }}: {{ term.name }}</h1>{% for p in pages %}{{ <Row page={p}/> }}{% endfor %}{% include \"parts/pager.html\" %}{% endblock %}\n",
    ),
    (
        "layouts/404.html",
        "{% extends \"base.html\" %}{% block main %}<h1>{{ t(key=\"not_found\") }}</h1>{% for p in pages(limit=1) %}{{ p.title }}{% endfor %}{% endblock %}\n",
    ),
    (
        "components/Row.html",
        "{% component Row(page: map) -%}<p><a href=\"{{ page.url }}\">{{ page.title }}</a> {% if page.date %}{{ page.date | date }}{% endif %} {{ page.reading_time }}{% if page.badge %} {{ page.badge }}{% endif %}</p>{%- endcomponent Row %}\n",
    ),
    (
        "components/Tree.html",
        "{% component Tree(items: array) -%}<ul>{% for item in items %}<li><a href=\"{{ item.url or \"#\" }}\"{% if item.current %} aria-current=\"page\"{% endif %}>{{ item.label }}{{ item.badge or \"\" }}</a>{% if item.children %}{{ once(component=\"Tree\", items=item.children) }}{% endif %}</li>{% endfor %}</ul>{%- endcomponent Tree %}\n",
    ),
    (
        "components/all.html",
        "{% component Card(title: string = \"\", href: string = \"\", icon: string = \"mark\") -%}<div class=\"card\">{{ icon(name=icon) }}{% if href %}<a href=\"{{ href }}\">{{ title }}</a>{% else %}{{ title }}{% endif %}{{ body or \"\" }}</div>{%- endcomponent Card %}\n\
         {% component Note(kind: string = \"note\") -%}<aside>{{ t(key=kind) }}: {{ body }}</aside>{%- endcomponent Note %}\n\
         {% component Latest(n: integer = 2) -%}<ul>{% for p in pages(kind=\"blog\", limit=n) %}<li>{{ p.title }} {{ p.summary }}</li>{% endfor %}</ul>{%- endcomponent Latest %}\n",
    ),
    (
        "components/ask.html",
        "{% component Peek(path: string) -%}{% set other = get_page(path=path) %}<q><a href=\"{{ other.url }}\">{{ other.title }}</a>{{ other.words }}</q>{%- endcomponent Peek %}\n\
         {% component Shelf(path: string) -%}{% set other = get_section(path=path) %}<q>{{ other.title }}{% for p in other.pages %}{{ <Row page={p}/> }}{% endfor %}</q>{%- endcomponent Shelf %}\n\
         {% component Rates(file: string = \"data/rates.json\") -%}<b>{{ data(path=file) | to_json }}</b>{%- endcomponent Rates %}\n\
         {% component Near(n: integer = 3) -%}{% for p in related(limit=n) %}{{ <Row page={p}/> }}{% endfor %}{%- endcomponent Near %}\n\
         {% component Me(@page = {}, @site = {}, @uid = \"\") -%}<b>{{ page.title }} {{ uid }} {{ site.extra.note or \"\" }}</b>{%- endcomponent Me %}\n",
    ),
    ("assets/css/main.css", "@import '_part.css';\n.a { color: red }\n.b { background: url('../img/pic.svg') }\n"),
    ("assets/css/_part.css", ".part { margin: 1px }\n"),
    ("assets/js/main.js", "console.log(1);\n"),
    (
        "strings/en.toml",
        "home = \"Home\"\nfoot = \"Foot {n}\"\nnot_found = \"Not found\"\nnote = \"Note\"\ntip = \"Tip\"\ndate_long = \"%d %B %Y\"\n",
    ),
    ("strings/fr.toml", "home = \"Accueil\"\nnot_found = \"Introuvable\"\n"),
    ("static/robots-note.txt", "note\n"),
];

/// Layouts of another theme, which has nothing else.
const BARE: &[(&str, &str)] = &[
    ("theme.toml", "name = \"bare\"\n"),
    ("layouts/page.html", "<title>{{ title }}</title>{{ content }}\n"),
    (
        "layouts/section.html",
        "<title>{{ title }}</title>{{ content }}{% for p in pages %}<a href=\"{{ p.url }}\">{{ p.title }}</a>{% endfor %}\n",
    ),
    ("layouts/taxonomy/list.html", "{% for term in terms %}{{ term.name }}{% endfor %}\n"),
    ("layouts/taxonomy/term.html", "{{ term.name }}{% for p in pages %}{{ p.title }}{% endfor %}\n"),
    ("layouts/404.html", "{{ t(key=\"not_found\") }}\n"),
    (
        "components/all.html",
        "{% component Card(...rest) %}<i>{{ body or \"\" }}</i>{% endcomponent Card %}{% component Note(...rest) %}<i>{{ body }}</i>{% endcomponent Note %}\
         {% component Latest(...rest) %}latest{% endcomponent Latest %}{% component Peek(...rest) %}peek{% endcomponent Peek %}\
         {% component Shelf(...rest) %}shelf{% endcomponent Shelf %}{% component Rates(...rest) %}rates{% endcomponent Rates %}{% component Near(...rest) %}near{% endcomponent Near %}{% component Me(...rest) %}me{% endcomponent Me %}\n",
    ),
    ("strings/en.toml", "not_found = \"Lost\"\n"),
];

const CONTENT_FILES: &[(&str, &str)] = &[
    (
        "content/_index.mdx",
        "---\ntitle: Start\nkind: marketing\n---\n\nimport rates from \"/data/rates.json\"\n\nWelcome to {site.title}. {rates.eur}\n\n<Card title=\"Go\" href=\"docs/alpha.md\">in</Card>\n\n[Blog](blog/_index.md) and [first](/blog/first/#one).\n",
    ),
    (
        "content/about.mdx",
        "---\ntitle: About\naliases: [/about-us]\n---\n\nimport Bit from \"/content/_bit.mdx\"\n\n<Bit />\n\n![A picture](/img/pic.svg)\n\n<Latest />\n",
    ),
    ("content/_bit.mdx", "---\ntitle: A bit\n---\n\nA partial with a [link](docs/beta.mdx#two) and <Me />.\n"),
    ("content/blog/_index.md", "---\ntitle: Blog\ndescription: News of the sea\n---\n\nAll posts.\n"),
    (
        "content/blog/first.mdx",
        "---\ntitle: First\ndate: 2040-01-05\ntags: [sea, wind]\nseries: log\nauthors: [ada]\n---\n\n## One\n\nThe first post. See [beta](../docs/beta.mdx).\n\n<Note kind=\"tip\">dry</Note>\n",
    ),
    (
        "content/blog/second.md",
        "---\ntitle: Second\ndate: 2040-01-20\ntags: [sea]\nseries: log\n---\n\nThe second post, with `code`.\n\n```rust\nfn main() {}\n```\n",
    ),
    (
        "content/blog/third.md",
        "---\ntitle: Third\ndate: 2040-02-10\ntags: [Wind, rope]\n---\n\nThe third. <!-- more -->\n\n## More\n\nEven more.\n",
    ),
    ("content/blog/later.md", "---\ntitle: Later\ndate: 2040-03-03\ntags: [rope]\n---\n\nNot yet.\n"),
    (
        "content/blog/trip/index.mdx",
        "---\ntitle: A trip\ndate: 2040-02-20\nimage: photo.svg\ntags: [sea]\n---\n\n![The photo](./photo.svg)\n\n<Peek path=\"about.mdx\" />\n",
    ),
    ("content/blog/trip/photo.svg", ""),
    ("content/blog/quiet.md", "---\ntitle: Quiet\ndate: 2040-01-01\ndraft: true\n---\n\nA draft.\n"),
    ("content/docs/_index.md", "---\ntitle: Docs\n---\n\nThe manual.\n"),
    (
        "content/docs/alpha.md",
        "---\ntitle: Alpha\nweight: 1\n---\n\n## One\n\nText [to beta](beta.mdx#two) and [nowhere](nowhere.md).\n\n## Two\n\nMore :smile: text[^1].\n\n[^1]: A note.\n",
    ),
    (
        "content/docs/beta.mdx",
        "---\ntitle: Beta\nweight: 2\nupdated: 2040-02-02\nsidebar: { badge: new }\n---\n\n## Two\n\n<Shelf path=\"blog\" />\n\nIt is {page.title} of {frontmatter.weight}. <a href=\"/docs/alpha/#one\">raw</a> <a href=\"/nowhere/\">raw</a>\n",
    ),
    (
        "content/docs/deep/_index.md",
        "---\ntitle: Deep\nweight: 3\ncascade:\n  extra: { level: 9 }\n---\n\nDeep things.\n",
    ),
    (
        "content/docs/deep/gamma.md",
        "---\ntitle: Gamma\nexpires_at: 2040-03-04\n---\n\nGamma links to [alpha](../alpha.md) and [trip](/blog/trip/).\n",
    ),
    ("content/docs/deep/delta.mdx", "---\nweight: 5\npublish_at: 2040-03-02\n---\n\n# Delta heading\n\n<Rates />\n"),
    ("content/notes/loose.md", "# Loose\n\nA section without a file of its own.\n"),
    ("content/fr/docs/alpha.md", "---\ntitle: Alpha fr\nweight: 1\n---\n\nTexte [beta](../../docs/beta.mdx).\n"),
    ("content/fr/_index.md", "---\ntitle: Début\n---\n\nBonjour.\n"),
    ("content/about.fr.mdx", "---\ntitle: À propos\n---\n\nimport Bit from \"./_bit.mdx\"\n\n<Bit />\n"),
    ("data/rates.json", "{ \"eur\": 3, \"list\": [1, 2] }\n"),
    ("data/more.toml", "a = 1\n"),
    ("static/logo.svg", ""),
    ("static/img/pic.svg", ""),
    ("strings/en.toml", "tip = \"Hint\"\n"),
];

/// The site with all its files, and the first variant of all settings.
pub(crate) fn whole() -> (Files, Vec<usize>) {
    let (mut files, _) = files(0, &|_| false);
    let chosen = vec![0; SETTINGS.len()];
    files.insert("rivage.toml".to_owned(), settings(&chosen).into_bytes());
    (files, chosen)
}

/// The site. `seed` chooses the settings; files of which `is_left_out` is told the number are not there.
pub(crate) fn files(seed: u64, is_left_out: &dyn Fn(usize) -> bool) -> (Files, Vec<usize>) {
    let mut random = Random::new(seed);
    // Mostly the first variants, of which the site is made.
    let chosen: Vec<usize> =
        SETTINGS.iter().map(|(_, all)| if random.once_in(4) { random.below(all.len()) } else { 0 }).collect();
    let mut files = Files::new();
    files.insert("rivage.toml".to_owned(), settings(&chosen).into_bytes());
    for (root, theme) in [("tiny", THEME), ("bare", BARE)] {
        for (name, text) in theme {
            files.insert(format!("themes/{root}/{name}"), text.as_bytes().to_vec());
        }
    }
    files.insert("themes/tiny/assets/icons/mark.svg".to_owned(), svg(1, "mark").into_bytes());
    files.insert("themes/tiny/assets/img/pic.svg".to_owned(), svg(8, "pic").into_bytes());
    for (number, (path, text)) in CONTENT_FILES.iter().enumerate() {
        if !is_left_out(number) {
            let bytes =
                if path.ends_with(".svg") { svg(5 + number, "picture").into_bytes() } else { text.as_bytes().to_vec() };
            files.insert((*path).to_owned(), bytes);
        }
    }
    (files, chosen)
}
