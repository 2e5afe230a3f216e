//! What can be written on the command line.
//!
//! In: words. Out: [`Args`]. The `///` texts here are the program's `--help`, its man page and the reference in the documentation, so
//! they speak to the user. Deliberately not here: what the commands do.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::config::{self, UnknownComponent};

/// MDX and Markdown in, a finished static site out
#[derive(Debug, Parser)]
#[command(name = "rivage", version, propagate_version = true, max_term_width = 100)]
pub struct Args {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What stands above them: a command's own options come first.
const EVERYWHERE: &str = "Options of every command";

/// Options that every command takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Global {
    /// The project's folder [default: the nearest one above with a rivage.toml]
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    pub root: Option<PathBuf>,
    /// Whether messages are coloured; `auto` looks at the terminal and NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = EVERYWHERE)]
    pub color: Color,
    /// Say nothing but errors and results that were asked for
    #[arg(long, short, global = true, help_heading = EVERYWHERE)]
    pub quiet: bool,
}

/// When messages are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[value(help = None)]
    Auto,
    /// Always.
    #[value(help = None)]
    Always,
    /// Never.
    #[value(help = None)]
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new site
    Init(Init),
    /// Make a new page from the archetype of its section
    New(New),
    /// Build the site into the output folder
    Build(Build),
    /// Serve the site and show each change at once
    Preview(Preview),
    /// Look for broken links and other faults; writes nothing
    Check(Check),
    /// Say what a page depends on, and why it was last rendered
    Why(Why),
    /// Print the HTML of single content files as JSON lines
    Render(Render),
    /// Print the settings with all defaults filled in
    Config(Config),
    /// Share, count or delete what builds remember
    Cache(Cache),
    /// Send files of images to the R2 bucket, or remove old ones
    Images(Images),
    /// Serve the finished site and its API to visitors
    Serve(Serve),
    /// Check the site's API, or print what describes it
    Api(Api),
    /// Make the tables of the API's database, or say how they stand
    Db(Db),
    /// Write the site's content into the database of its API
    Publish(Publish),
    /// Build the site and make it live on Cloudflare
    Deploy(Deploy),
    /// List what has been deployed
    Deployments(Deployments),
    /// Make a former deployment of production live again
    Rollback(Rollback),
    /// Store, list or delete what the Worker may know and nobody else
    Secrets(Secrets),
    /// See whether all that a deployment needs is there
    Doctor(Doctor),
    /// Print what a month costs, by published prices
    Cost(Cost),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page, or write all manual pages into a folder
    Man(Man),
}

/// `rivage init`
#[derive(Debug, clap::Args)]
pub struct Init {
    /// The folder; made if it does not exist
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// What the site starts with
    #[arg(long, default_value = "full")]
    pub template: Template,
    /// The site's title [default: made from the folder's name]
    #[arg(long)]
    pub title: Option<String>,
    /// Also write workflows of GitHub Actions that check, preview and deploy the site
    #[arg(long)]
    pub github: bool,
    /// Write into a folder that is not empty; files of the same name are replaced
    #[arg(long)]
    pub force: bool,
}

/// What a new site starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// A landing page and a few pages about the product
    Marketing,
    /// A blog with posts, tags and feeds
    Blog,
    /// Documentation with a sidebar
    Docs,
    /// All three
    Full,
}

/// `rivage new`
#[derive(Debug, clap::Args)]
pub struct New {
    /// The page's path below content/: `blog/first-post`, `docs/guide.md`, `about/index.mdx`
    pub path: String,
    /// The title [default: made from the name]
    #[arg(long)]
    pub title: Option<String>,
}

/// Which pages are shown, and where the site will be.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Selection {
    /// Show drafts
    #[arg(long)]
    pub drafts: bool,
    /// Show pages with a date in the future
    #[arg(long)]
    pub future: bool,
    /// Where the site will be, instead of `site.base_url`
    #[arg(long, value_name = "URL", value_parser = base_url)]
    pub base_url: Option<String>,
}

/// `rivage build`
#[derive(Debug, clap::Args)]
pub struct Build {
    /// Which pages are shown, and where the site will be.
    #[command(flatten)]
    pub selection: Selection,
    /// The output folder, instead of `build.output`
    #[arg(long, value_name = "DIR")]
    pub out: Option<String>,
    /// Print where the time went: by stage, template, component and page
    #[arg(long)]
    pub profile: bool,
    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Write into an output folder that holds files of others
    #[arg(long)]
    pub force: bool,
    /// Make everything anew, and neither read nor write the build cache
    #[arg(long)]
    pub no_cache: bool,
    /// Make everything anew as well, and fail if the cache made a difference
    #[arg(long, conflicts_with = "no_cache")]
    pub verify: bool,
}

/// `rivage why`
#[derive(Debug, clap::Args)]
pub struct Why {
    /// The page's path: `/docs/install/`
    pub url: String,
    /// Which build it is of
    #[command(flatten)]
    pub selection: Selection,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `rivage preview`
#[derive(Debug, clap::Args)]
pub struct Preview {
    /// The port; the next free one is taken where it is in use
    #[arg(long, short, default_value_t = 3000)]
    pub port: u16,
    /// The address to listen on; without a value all of this machine's
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_value = "127.0.0.1", default_missing_value = "0.0.0.0")]
    pub host: std::net::IpAddr,
    /// Open the site in the browser
    #[arg(long)]
    pub open: bool,
    /// Hide drafts
    #[arg(long)]
    pub no_drafts: bool,
    /// Hide pages with a date in the future
    #[arg(long)]
    pub no_future: bool,
    /// The database of the API, instead of DATABASE_URL; `compose`: that of docker-compose.yml [default: a private one, if this machine has PostgreSQL]
    #[arg(long, value_name = "URL")]
    pub db: Option<String>,
    /// Fetch a small PostgreSQL for the private database without asking, if this machine has none
    #[arg(long, conflicts_with = "db")]
    pub fetch_postgres: bool,
}

/// `rivage serve`
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// The folder of the finished site, instead of `build.output`
    #[arg(long, value_name = "DIR")]
    pub out: Option<String>,
    /// The database of the API, instead of DATABASE_URL
    #[arg(long, value_name = "URL")]
    pub db: Option<String>,
    /// A database or role that only reads, instead of DATABASE_READ_URL [default: that of `--db`, in sessions that only read]
    #[arg(long, value_name = "URL")]
    pub db_read: Option<String>,
    /// The store of media: a folder, or `s3://BUCKET/PREFIX`, instead of RIVAGE_MEDIA [default: the folder `media` of the project]
    #[arg(long, value_name = "PLACE")]
    pub media: Option<String>,
    /// Serve the site without its API
    #[arg(long, conflicts_with_all = ["db", "db_read", "media"])]
    pub no_api: bool,
    /// The port
    #[arg(long, short, default_value_t = 8080)]
    pub port: u16,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: std::net::IpAddr,
    /// A further origin of the site, beside that of `site.base_url`; may be repeated
    #[arg(long, value_name = "URL", value_parser = origin)]
    pub origin: Vec<String>,
    /// The address of a proxy whose `X-Forwarded-For` is believed; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub trusted_proxy: Vec<std::net::IpAddr>,
}

/// `rivage api`
#[derive(Debug, clap::Args)]
pub struct Api {
    /// What is asked.
    #[command(subcommand)]
    pub command: ApiCommand,
}

/// What is asked of an API.
#[derive(Debug, Subcommand)]
pub enum ApiCommand {
    /// Check route files, and their statements against a database where one is named
    Check(ApiCheck),
    /// Print a client in TypeScript
    Client,
    /// Print the description, OpenAPI 3.1
    Openapi,
    /// Print settings and routes as JSON, or write the manifest that a Worker loads
    Manifest(ApiManifest),
    /// Write the program of the Worker and the manifest into a folder, for wrangler and `rivage deploy`
    Worker(ApiWorker),
}

/// `rivage api manifest`
#[derive(Debug, clap::Args)]
pub struct ApiManifest {
    /// A file, in the project: the manifest is written into it as a Worker loads it
    #[arg(long, value_name = "FILE")]
    pub out: Option<String>,
}

/// `rivage api worker`
#[derive(Debug, clap::Args)]
pub struct ApiWorker {
    /// The folder, in the project
    #[arg(long, value_name = "DIR", default_value = "target/worker")]
    pub out: String,
}

/// `rivage api check`
#[derive(Debug, clap::Args)]
pub struct ApiCheck {
    /// The database, instead of DATABASE_URL; without one only files are read
    #[arg(long, value_name = "URL")]
    pub db: Option<String>,
    /// Note the columns of answers in `api/columns.json`, for builds without a database
    #[arg(long)]
    pub update: bool,
}

/// `rivage db`
#[derive(Debug, clap::Args)]
pub struct Db {
    /// What becomes of the tables.
    #[command(subcommand)]
    pub command: DbCommand,
}

/// What becomes of the tables.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Run the migrations of rivage and of the site that were not run yet
    Migrate(DbPlace),
    /// Print how each migration stands; exit code 1 if one is pending
    Status(DbPlace),
    /// Print which statements take long, by what the server has counted
    Slow(DbSlow),
    /// Give an account a role, or print who has which
    Role(DbRole),
}

/// `rivage db role`
#[derive(Debug, clap::Args)]
pub struct DbRole {
    /// The address of an account [default: all accounts that are more than members]
    pub email: Option<String>,
    /// The role that it gets: `admin`, `member`, or one that a route of the site asks for
    pub role: Option<String>,
    /// The database, instead of DATABASE_URL
    #[arg(long, value_name = "URL")]
    pub db: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `rivage db slow`
#[derive(Debug, clap::Args)]
pub struct DbSlow {
    /// The database, instead of DATABASE_URL
    #[arg(long, value_name = "URL")]
    pub db: Option<String>,
    /// The most statements to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u32,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which database it is.
#[derive(Debug, clap::Args)]
pub struct DbPlace {
    /// The database, instead of DATABASE_URL
    #[arg(long, value_name = "URL")]
    pub db: Option<String>,
}

/// `rivage publish`
#[derive(Debug, clap::Args)]
pub struct Publish {
    /// Which pages are published, and where the site will be.
    #[command(flatten)]
    pub selection: Selection,
    /// The database, instead of DATABASE_URL
    #[arg(long, value_name = "URL")]
    pub db: Option<String>,
}

/// `rivage check`
#[derive(Debug, clap::Args)]
pub struct Check {
    /// Which pages are shown, and where the site will be.
    #[command(flatten)]
    pub selection: Selection,
    /// Ask other sites whether the pages linked to exist
    #[arg(long)]
    pub external: bool,
    /// How the findings are printed.
    #[command(flatten)]
    pub format: CheckFormat,
}

/// How the findings of a check are printed.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[group(multiple = false)]
pub struct CheckFormat {
    /// Print the findings as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Print the findings as SARIF 2.1
    #[arg(long)]
    pub sarif: bool,
    /// Print the findings as annotations of GitHub Actions
    #[arg(long)]
    pub github: bool,
    /// Print one line for each finding
    #[arg(long)]
    pub short: bool,
}

/// `rivage render`
#[derive(Debug, clap::Args)]
pub struct Render {
    /// Content files; anywhere with `--plain`, else below the project's content/
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only what Markdown and MDX say: no site, no highlighting, no heading ids
    #[arg(long)]
    pub plain: bool,
    /// What becomes of a component that nobody defined, instead of `markdown.unknown_component`
    #[arg(long, value_name = "WHAT")]
    pub unknown_component: Option<Unknown>,
}

/// What becomes of a component that nobody defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Unknown {
    /// It is an error
    Error,
    /// It is a warning, and its children are shown
    Warn,
    /// It becomes `<x-name>`
    Element,
}

impl From<Unknown> for UnknownComponent {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Error => Self::Error,
            Unknown::Warn => Self::Warn,
            Unknown::Element => Self::Element,
        }
    }
}

/// `rivage config`
#[derive(Debug, clap::Args)]
pub struct Config {
    /// Print as JSON instead of TOML
    #[arg(long)]
    pub json: bool,
}

/// `rivage cache`
#[derive(Debug, clap::Args)]
pub struct Cache {
    /// What becomes of it.
    #[command(subcommand)]
    pub command: CacheCommand,
}

/// What becomes of the cache.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Send the cache to a folder or bucket, for other machines to start with
    Push(CachePush),
    /// Fetch a cache that another machine has pushed
    Pull(CachePull),
    /// Print how much is in the cache
    Stats(CacheStats),
    /// Delete the cache; the next build does all the work
    Clear,
}

/// `rivage cache push`
#[derive(Debug, clap::Args)]
pub struct CachePush {
    /// A folder, or a bucket as `s3://BUCKET/PREFIX`
    #[arg(long, value_name = "PLACE")]
    pub to: String,
    /// How.
    #[command(flatten)]
    pub sharing: CacheSharing,
}

/// `rivage cache pull`
#[derive(Debug, clap::Args)]
pub struct CachePull {
    /// A folder, or a bucket as `s3://BUCKET/PREFIX`
    #[arg(long, alias = "to", value_name = "PLACE")]
    pub from: String,
    /// How.
    #[command(flatten)]
    pub sharing: CacheSharing,
}

/// How a cache is shared.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct CacheSharing {
    /// How long the whole may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `rivage images`
#[derive(Debug, clap::Args)]
pub struct Images {
    /// What becomes of them.
    #[command(subcommand)]
    pub command: ImagesCommand,
}

/// What becomes of files of images.
#[derive(Debug, Subcommand)]
pub enum ImagesCommand {
    /// Send what pages show and the bucket does not have
    Push(ImagesPush),
    /// Remove what no deployment shows any more; the list comes first
    Gc(ImagesGc),
}

/// `rivage images push`
#[derive(Debug, clap::Args)]
pub struct ImagesPush {
    /// Which pages are shown, and where the site will be.
    #[command(flatten)]
    pub selection: Selection,
    /// Print what would be sent, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `rivage images gc`
#[derive(Debug, clap::Args)]
pub struct ImagesGc {
    /// Which pages are shown, and where the site will be.
    #[command(flatten)]
    pub selection: Selection,
    /// Count only what `rivage deploy prune --keep N` would keep [default: all that can be live again]
    #[arg(long, value_name = "N")]
    pub keep: Option<usize>,
    /// Only what has been in the bucket for so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub older_than: u32,
    /// Print what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `rivage deploy`
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Deploy {
    /// Something else to do with deployments.
    #[command(subcommand)]
    pub command: Option<DeployCommand>,
    /// Where to.
    #[command(flatten)]
    pub place: DeployPlace,
    /// Which pages are shown, and where the site will be.
    #[command(flatten)]
    pub selection: Selection,
    /// The preview's name [default: the branch of the checkout or of the pull request]
    #[arg(long, value_name = "NAME", conflicts_with = "production", value_parser = branch)]
    pub branch: Option<String>,
    /// Print what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print plan and result as one JSON object
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print plan and result as Markdown, for a comment on a pull request
    #[arg(long)]
    pub markdown: bool,
    /// Deploy although URLs vanish without a redirect
    #[arg(long)]
    pub allow_gone: bool,
    /// Go on with a deployment that was broken off
    #[arg(long)]
    pub resume: bool,
    /// Deploy although the same files are there already
    #[arg(long)]
    pub force: bool,
    /// Make the project or the Worker if it does not exist
    #[arg(long)]
    pub create: bool,
    /// Remove bindings, schedules and addresses of the Worker that the settings do not name
    #[arg(long)]
    pub prune: bool,
    /// The database that is migrated and published into [default: that of DATABASE_URL, for production]
    #[arg(long, value_name = "URL", conflicts_with = "no_db")]
    pub db: Option<String>,
    /// Touch no database
    #[arg(long)]
    pub no_db: bool,
    /// Deploy what is in the output folder, without building
    #[arg(long)]
    pub no_build: bool,
    /// The output folder, instead of `build.output`
    #[arg(long, value_name = "DIR")]
    pub out: Option<String>,
    /// Do not fetch pages afterwards
    #[arg(long)]
    pub no_verify: bool,
    /// The deployment's message [default: that of the commit]
    #[arg(long, short, value_name = "TEXT")]
    pub message: Option<String>,
    /// How long to wait until the deployment can be seen
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub timeout: u64,
}

/// Where a command about deployments looks.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DeployPlace {
    /// Production: what visitors see; without it a preview
    #[arg(long)]
    pub production: bool,
    /// What serves the site, instead of `deploy.target`
    #[arg(long)]
    pub target: Option<DeployTarget>,
    /// The Pages project or the Worker, instead of `deploy.project`
    #[arg(long, value_name = "NAME", value_parser = project)]
    pub project: Option<String>,
}

/// What serves the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeployTarget {
    /// Cloudflare Pages
    Pages,
    /// A Worker with static assets
    Workers,
}

impl From<&TargetPlace> for DeployPlace {
    fn from(place: &TargetPlace) -> Self {
        Self { production: false, target: place.target, project: place.project.clone() }
    }
}

impl From<DeployTarget> for config::DeployTarget {
    fn from(target: DeployTarget) -> Self {
        match target {
            DeployTarget::Pages => Self::Pages,
            DeployTarget::Workers => Self::Workers,
        }
    }
}

/// `rivage deploy …`
#[derive(Debug, Subcommand)]
pub enum DeployCommand {
    /// Delete old deployments or versions; the live one and the newest of each branch stay
    Prune(DeployPrune),
}

/// `rivage deploy prune`
#[derive(Debug, clap::Args)]
pub struct DeployPrune {
    /// How many of production stay, and how many previews
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub keep: usize,
    /// Print what would be deleted, and delete nothing
    #[arg(long)]
    pub dry_run: bool,
    /// What serves the site, instead of `deploy.target`
    #[arg(long)]
    pub target: Option<DeployTarget>,
    /// The Pages project or the Worker, instead of `deploy.project`
    #[arg(long, value_name = "NAME", value_parser = project)]
    pub project: Option<String>,
}

/// `rivage deployments`
#[derive(Debug, clap::Args)]
pub struct Deployments {
    /// Where to look.
    #[command(flatten)]
    pub place: TargetPlace,
    /// Only those of production
    #[arg(long)]
    pub production: bool,
    /// Only previews
    #[arg(long, conflicts_with = "production")]
    pub preview: bool,
    /// How many are shown
    #[arg(long, value_name = "N", default_value_t = 25)]
    pub limit: usize,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `rivage cache stats`
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct CacheStats {
    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `rivage rollback`
#[derive(Debug, clap::Args)]
pub struct Rollback {
    /// The deployment, or the first characters of its id [default: the one before the live one]
    pub id: Option<String>,
    /// What serves the site, instead of `deploy.target`
    #[arg(long)]
    pub target: Option<DeployTarget>,
    /// The Pages project or the Worker, instead of `deploy.project`
    #[arg(long, value_name = "NAME", value_parser = project)]
    pub project: Option<String>,
    /// Let a version of a Worker run although secrets have changed since
    #[arg(long)]
    pub force: bool,
    /// Say what would be live, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `rivage secrets`
#[derive(Debug, clap::Args)]
pub struct Secrets {
    /// What to do.
    #[command(subcommand)]
    pub command: SecretsCommand,
}

/// `rivage secrets …`
#[derive(Debug, Subcommand)]
pub enum SecretsCommand {
    /// Store a secret; its value is read from the standard input, or asked for without showing it
    Put(SecretsName),
    /// List the names of the secrets
    List(SecretsList),
    /// Delete a secret
    Delete(SecretsName),
    /// Exchange the keys that sign tokens, or the secret of links, in two steps between which the former ones still check
    Rotate(SecretsRotate),
}

/// `rivage secrets put` and `delete`
#[derive(Debug, clap::Args)]
pub struct SecretsName {
    /// Its name
    #[arg(value_parser = variable)]
    pub name: String,
    /// Whose secret.
    #[command(flatten)]
    pub place: TargetPlace,
}

/// `rivage secrets rotate`
#[derive(Debug, clap::Args)]
pub struct SecretsRotate {
    /// What is exchanged
    #[arg(value_name = "NAME", default_value = "API_KEYS")]
    pub name: Rotated,
    /// The second step: drop the former ones
    #[arg(long)]
    pub finish: bool,
    /// Drop them although something that they signed may still be in use: after a leak
    #[arg(long, requires = "finish")]
    pub now: bool,
    /// How long the former ones still check [default: as long as what they signed is valid, and a minute]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(..=31_536_000))]
    pub overlap: Option<u32>,
    /// Exchange it in this file, which `rivage serve` reads, instead of the Worker
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "project"])]
    pub file: Option<PathBuf>,
    /// Whose secret.
    #[command(flatten)]
    pub place: TargetPlace,
}

/// What can be exchanged while it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rotated {
    /// The keys that sign tokens
    #[value(name = "API_KEYS")]
    ApiKeys,
    /// The secret that links to private objects are signed with
    #[value(name = "MEDIA_SECRET")]
    MediaSecret,
}

/// `rivage secrets list`
#[derive(Debug, clap::Args)]
pub struct SecretsList {
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
    /// Whose secrets.
    #[command(flatten)]
    pub place: TargetPlace,
}

/// `rivage doctor`
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// Make what is missing
    #[arg(long)]
    pub fix: bool,
    /// Print the findings as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where to look.
    #[command(flatten)]
    pub place: TargetPlace,
}

/// `rivage cost`
#[derive(Debug, clap::Args)]
pub struct Cost {
    /// People who use the site in a month; visits and calls follow from it where they are not given
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = amount())]
    pub users: u64,
    /// Visits in a month
    #[arg(long, value_name = "N", value_parser = amount())]
    pub visits: Option<u64>,
    /// Requests to the API in a month
    #[arg(long, value_name = "N", value_parser = amount())]
    pub api_calls: Option<u64>,
    /// Images of the site, in a bucket with all their sizes and formats
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = amount())]
    pub images: u64,
    /// How large the database is
    #[arg(long, value_name = "GB", default_value_t = 5, value_parser = clap::value_parser!(u64).range(..=100_000))]
    pub database: u64,
    /// What the database's server costs in a month, instead of the one in the table of prices
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub server: Option<u64>,
    /// The plan at Cloudflare
    #[arg(long, default_value = "paid")]
    pub plan: CostPlan,
    /// Print as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// A plan at Cloudflare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CostPlan {
    /// Without a fee, and with limits of each day
    Free,
    /// With a fee, and prices beyond what it includes
    Paid,
}

/// Where a command looks that knows no environments.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TargetPlace {
    /// What serves the site, instead of `deploy.target`
    #[arg(long)]
    pub target: Option<DeployTarget>,
    /// The Pages project or the Worker, instead of `deploy.project`
    #[arg(long, value_name = "NAME", value_parser = project)]
    pub project: Option<String>,
}

/// `rivage completions`
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `rivage man`
#[derive(Debug, clap::Args)]
pub struct Man {
    /// Write `rivage.1` and one page for each command into this folder
    pub dir: Option<PathBuf>,
}

fn base_url(text: &str) -> Result<String, String> {
    config::check_base_url(text).map_err(|must| format!("it must be {must}"))
}

fn origin(text: &str) -> Result<String, String> {
    config::check_origin(text).map(|()| text.to_owned()).map_err(|must| format!("it must be {must}"))
}

fn project(text: &str) -> Result<String, String> {
    config::check_project(text).map(|()| text.to_owned()).map_err(|must| format!("it must be {must}"))
}

fn variable(text: &str) -> Result<String, String> {
    let is_name = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { Ok(text.to_owned()) } else { Err("it must be a name of letters, digits and `_`".to_owned()) }
}

/// More than the whole world has.
fn amount() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..=1_000_000_000_000)
}

/// Reads an amount of dollars as cents.
fn dollars(text: &str) -> Result<u64, String> {
    let (whole, cents) = text.split_once('.').unwrap_or((text, "00"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || whole.len() > 6 || !is_number(cents) || cents.len() > 2 {
        return Err("it must be dollars and cents, such as `12` or `5.35`".to_owned());
    }
    let number = |text: &str| text.parse::<u64>().map_err(|error| error.to_string());
    Ok(number(whole)? * 100 + number(cents)? * if cents.len() == 1 { 10 } else { 1 })
}

fn branch(text: &str) -> Result<String, String> {
    config::check_branch(text).map(|()| text.to_owned()).map_err(|must| format!("it must be {must}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn host_without_an_address_means_all() {
        let host = |words: &[&str]| match Args::try_parse_from(words).map(|args| args.command) {
            Ok(Command::Preview(preview)) => preview.host.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(host(&["rivage", "preview"]), "127.0.0.1");
        assert_eq!(host(&["rivage", "preview", "--host"]), "0.0.0.0");
        assert_eq!(host(&["rivage", "preview", "--host", "::1"]), "::1");
    }

    #[test]
    fn dollars_are_read_to_the_cent() {
        assert_eq!([dollars("5.35"), dollars("12"), dollars("0.5"), dollars("0")], [Ok(535), Ok(1200), Ok(50), Ok(0)]);
        for wrong in ["", "-1", "5,35", "5.355", ".5", "5.", "1e3", "9999999"] {
            assert!(dollars(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn formats_exclude_each_other() {
        assert!(Args::try_parse_from(["rivage", "check", "--json", "--sarif"]).is_err());
    }
}
