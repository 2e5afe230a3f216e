# c
class A < B::C; attr_accessor :x; def m(a, *b, k: 1, **o, &blk) = yield(a) if a =~ /x#{b}\/y/i; end
h = { a: 1, 'b' => :"sym", c: %w[x y] }; s = "i #{h[:a] + "n"} \e" + 'q' + <<~HERE.strip + %q(p(q)r)
  heredoc #{x}
HERE
@x ||= $stdin.each { |l, (m, n)| puts l&.chomp unless l.nil? and 1..2 === m }; begin; raise E; rescue => e; retry; ensure; end; __END__
