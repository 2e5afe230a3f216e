<p><?= $x ?></p>
<?php namespace A\B; use X\{Y, Z as W}; #[Attr] final class C extends D implements E { use T; public function __construct(private readonly ?int $a = null) { parent::__construct(...$args); } }
$s = "v $a {$b['k']} ${c} \n" . 'q\'' . <<<EOT
heredoc $x {$y->z}
EOT; $f = fn($x) => match(true) { $x instanceof Y => 1, default => throw new \E("x") }; // c
echo $a?->b ?? self::X <=> 0x1F; ?>
