#include <vector>
#define MAX(a, b) ((a) > (b) ? (a) : (b)) \
  /* more */
#ifdef X && defined(Y)
template <typename T, int N = 3> class A : public B<T>, virtual C { public: explicit A(const T& x) noexcept : x_{x} {} ~A() = default; operator bool() const; private: T* x_ = nullptr; };
#endif
namespace n::m { auto f = [=, &x](auto&& y) mutable -> int { return static_cast<int>(y) + 0b101 + 1'000u + 0x1.8p3; }; } enum class E : char { a = 'x', b = '\n' };
int main(int argc, char* argv[]) { std::string s = R"x(raw ")x"; for (auto& [k, v] : m) if constexpr (k <=> v) { std::cout << u8"é" "%d" << std::endl; } /* c */ goto end; // x
end: return 0; }
